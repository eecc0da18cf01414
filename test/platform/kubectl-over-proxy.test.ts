import { describe, expect, test } from "vitest";
import type { KubeProxy, ProxyAnswer, ProxyCall } from "../../src/platform/kube-proxy.ts";
import type { Kubectl } from "../../src/platform/kubectl.ts";
import { ConflictError } from "../../src/platform/kubectl-errors.ts";
import { kubectlOverProxy } from "../../src/platform/kubectl-over-proxy.ts";
import type { WatchEvent } from "../../src/platform/kubectl-watch.ts";

/** A proxy with these answers by method and path, and a kubectl that only notes that it was asked. */
function between(answers: Readonly<Record<string, ProxyAnswer>>, lines: readonly (readonly string[])[] = []) {
  const asked: string[] = [];
  const calls: ProxyCall[] = [];
  const streams = [...lines];
  const note = (name: string) => (kind: unknown) => {
    asked.push(`${name} ${typeof kind === "string" ? kind : "object"}`);
    return Promise.reject(new ConflictError("kubectl said why"));
  };
  const base = {
    get: note("get"),
    list: note("list"),
    create: note("create"),
    replace: note("replace"),
    watch: async (kind: string) => void asked.push(`watch ${kind}`),
  } as unknown as Kubectl;
  const proxy: KubeProxy = {
    call: async (call) => {
      calls.push(call);
      return answers[`${call.method} ${call.path}`];
    },
    follow: async (path, onLine) => {
      calls.push({ method: "GET", path });
      const stream = streams.shift();
      for (const line of stream ?? []) onLine(line);
      return stream !== undefined;
    },
  };
  return { asked, calls, cluster: kubectlOverProxy(base, proxy) };
}

const lease = "/apis/coordination.k8s.io/v1/namespaces/shop/leases";
const managed = { name: "web", managedFields: [{ manager: "helm" }] };
const ok = (document: unknown): ProxyAnswer => ({ status: 200, text: JSON.stringify(document) });

describe("get", () => {
  test("an object as kubectl shows it", async () => {
    const { cluster, asked } = between({ [`GET ${lease}/web`]: ok({ kind: "Lease", metadata: managed }) });
    const found = await cluster.get("leases.coordination.k8s.io", "web", "shop");
    expect(found).toEqual({ kind: "Lease", metadata: { name: "web" } });
    expect(asked).toEqual([]);
  });

  test("an object that is not there", async () => {
    const status = { status: 404, text: JSON.stringify({ kind: "Status", details: { name: "web" } }) };
    const { cluster, asked } = between({ [`GET ${lease}/web`]: status });
    expect(await cluster.get("leases.coordination.k8s.io", "web", "shop")).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test.each([
    { name: "no answer", answer: undefined },
    { name: "a path that is not served", answer: { status: 404, text: "404 page not found" } },
    { name: "a refusal", answer: { status: 403, text: "{}" } },
    { name: "no cluster behind the proxy", answer: { status: 502, text: "" } },
    { name: "half a document", answer: { status: 200, text: '{"kind":' } },
  ])("$name: kubectl says what is wrong", async ({ answer }) => {
    const { cluster, asked } = between(answer === undefined ? {} : { [`GET ${lease}/web`]: answer });
    await expect(cluster.get("leases.coordination.k8s.io", "web", "shop")).rejects.toThrow(
      "kubectl said why",
    );
    expect(asked).toEqual(["get leases.coordination.k8s.io"]);
  });

  test("a kind that only discovery knows is kubectl's", async () => {
    const { cluster, asked, calls } = between({});
    await expect(cluster.get("httproute", "web", "shop")).rejects.toThrow();
    expect(asked).toEqual(["get httproute"]);
    expect(calls).toEqual([]);
  });
});

describe("list", () => {
  const pods = "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb";
  const sets = "/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dweb";
  const podList = ok({ kind: "PodList", apiVersion: "v1", items: [{ metadata: managed }] });

  test("items of several kinds say what they are", async () => {
    const setList = ok({ kind: "ReplicaSetList", apiVersion: "apps/v1", items: [{ metadata: managed }] });
    const { cluster } = between({ [`GET ${pods}`]: podList, [`GET ${sets}`]: setList });
    expect(await cluster.list("pods,replicasets.apps", "shop", "app=web")).toEqual([
      { apiVersion: "v1", kind: "Pod", metadata: { name: "web" } },
      { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "web" } },
    ]);
  });

  test("one kind that fails is no short list", async () => {
    const { cluster, asked } = between({ [`GET ${pods}`]: podList });
    await expect(cluster.list("pods,replicasets.apps", "shop", "app=web")).rejects.toThrow();
    expect(asked).toEqual(["list pods,replicasets.apps"]);
  });
});

describe("writes", () => {
  const object = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "web", namespace: "shop", resourceVersion: "7" },
  };
  const put = `${lease}/web?fieldManager=kubectl-replace&fieldValidation=Strict`;

  test("a guarded replace", async () => {
    const { cluster, calls } = between({ [`PUT ${put}`]: ok({ kind: "Lease", metadata: managed }) });
    expect(await cluster.replace(object)).toEqual({ kind: "Lease", metadata: { name: "web" } });
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual(object);
  });

  test("a replace that names no version is kubectl's, which looks one up", async () => {
    const { cluster, asked, calls } = between({});
    const { resourceVersion: _, ...metadata } = object.metadata;
    await expect(cluster.replace({ ...object, metadata })).rejects.toThrow();
    expect([asked, calls]).toEqual([["replace object"], []]);
  });

  test("a conflict keeps its meaning", async () => {
    const { cluster } = between({ [`PUT ${put}`]: { status: 409, text: "{}" } });
    await expect(cluster.replace(object)).rejects.toThrow(ConflictError);
  });

  test("a new object, and one of a foreign version", async () => {
    const post = `POST ${lease}?fieldManager=kubectl-create&fieldValidation=Strict`;
    const { cluster, asked } = between({ [post]: { status: 201, text: '{"kind":"Lease"}' } });
    expect(await cluster.create(object)).toEqual({ kind: "Lease" });
    await expect(cluster.create({ ...object, apiVersion: "coordination.k8s.io/v1beta1" })).rejects.toThrow();
    expect(asked).toEqual(["create object"]);
  });
});

describe("watch", () => {
  const pods = "/api/v1/namespaces/shop/pods";
  const line = (type: string, name: string) =>
    JSON.stringify({ type, object: { kind: "Pod", metadata: { name, managedFields: [] } } });
  const there = ok({
    kind: "PodList",
    apiVersion: "v1",
    metadata: { resourceVersion: "41" },
    items: [{ metadata: { ...managed, name: "a" } }],
  });
  const pod = (name: string) => ({ kind: "Pod", metadata: { name } });

  test("what is there, what changes from then on, and a stream that ended is opened again", async () => {
    const lines = [[line("MODIFIED", "a"), "{", line("ERROR", "x")], [line("DELETED", "a")]];
    const { cluster, calls } = between({ [`GET ${pods}?labelSelector=app%3Dweb`]: there }, lines);
    const events: WatchEvent[] = [];
    const ending = new AbortController();
    const onEvent = (event: WatchEvent) => {
      events.push(event);
      if (event.type === "DELETED") ending.abort();
    };
    await cluster.watch("pods", "shop", "app=web", onEvent, ending.signal);
    const first = { type: "ADDED", object: { apiVersion: "v1", ...pod("a") } };
    expect(events).toEqual([
      first,
      { type: "MODIFIED", object: pod("a") },
      { type: "RESTARTED" },
      first,
      { type: "DELETED", object: pod("a") },
    ]);
    expect(calls[1]?.path).toBe(`${pods}?watch=true&resourceVersion=41&labelSelector=app%3Dweb`);
  });

  test("kubectl goes on where a watch is refused", async () => {
    const { cluster, asked } = between({ [`GET ${pods}`]: there });
    const events: string[] = [];
    const never = new AbortController().signal;
    await cluster.watch("pods", "shop", undefined, ({ type }) => events.push(type), never);
    expect([events, asked]).toEqual([["ADDED", "RESTARTED"], ["watch pods"]]);
  });

  test.each([
    { name: "may not be listed", answer: { status: 403, text: "{}" } },
    { name: "are not answered for", answer: undefined },
  ])("kubectl watches objects that $name", async ({ answer }) => {
    const { cluster, asked } = between(answer === undefined ? {} : { [`GET ${pods}`]: answer });
    const never = new AbortController().signal;
    await cluster.watch("pods", "shop", undefined, () => undefined, never);
    expect(asked).toEqual(["watch pods"]);
  });
});
