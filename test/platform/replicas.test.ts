import { expect, test } from "vitest";
import { pinAnnotation } from "../../src/domain/capacity/live-count.ts";
import type { ReplicaPin } from "../../src/domain/record/state.ts";
import { manifestObjects } from "../../src/domain/release/manifest.ts";
import { carryWeight } from "../../src/platform/carry-weight.ts";
import { pinReplicas, unpinReplicas } from "../../src/platform/replica-pins.ts";
import {
  countOwnership,
  countsToKeep,
  keepReplicas,
  liveCounts,
  liveCountsBehind,
} from "../../src/platform/replicas.ts";
import { standAlone } from "../../src/platform/stand-alone.ts";
import { type Scaled, scaledCluster } from "./scaled-cluster.ts";

const web = { kind: "Deployment", name: "web" } as const;
const workloads = [web];
const keep = async () => undefined;

test("liveCounts() tells wanted, ready and the autoscaler, without a right to see StatefulSets", async () => {
  const { kubectl } = scaledCluster([{ name: "web", replicas: 4, max: 8 }]);
  const found = await liveCounts(kubectl, "shop", [web, { kind: "StatefulSet", name: "db" }]);
  expect(found).toMatchObject([
    { name: "web", wanted: 4, ready: 4, autoscaler: { name: "web", maxReplicas: 8 } },
  ]);
});

test("liveCountsBehind() finds what a Service selects, of the release alone", async () => {
  const { kubectl } = scaledCluster([
    { name: "web", replicas: 4 },
    { name: "worker", replicas: 2, release: "web" },
    { name: "other", replicas: 2 },
  ]);
  const side = { service: "web", release: "web" };
  expect((await liveCountsBehind(kubectl, "shop", side)).map(({ name }) => name)).toEqual(["web"]);
  const unknown = { service: "front", release: "web" };
  expect((await liveCountsBehind(kubectl, "shop", unknown)).map(({ name }) => name)).toEqual([
    "web",
    "worker",
  ]);
});

test("pinReplicas() writes the pin down before it pins, and pinning twice loses nothing", async () => {
  const { kubectl, autoscaler, did } = scaledCluster([{ name: "web", replicas: 4, max: 8 }]);
  const kept: (readonly ReplicaPin[])[] = [];
  const write = async (pins: readonly ReplicaPin[]) => {
    expect(did).toEqual([]);
    kept.push(pins);
  };
  await pinReplicas(kubectl, "shop", { workloads, keep: write });
  expect(kept).toEqual([[{ autoscaler: "web", scaleDown: "none" }]]);
  expect(autoscaler("web").spec).toMatchObject({
    minReplicas: 1,
    behavior: { scaleDown: { selectPolicy: "Disabled" } },
  });
  const again = await pinReplicas(kubectl, "shop", { workloads, keep });
  expect(again).toEqual(kept[0]);
  expect(did).toEqual(["patch web"]);
});

test("unpinReplicas() gives back what there was, once, and forgives an autoscaler that is gone", async () => {
  const { kubectl, autoscaler, did } = scaledCluster([{ name: "web", replicas: 4, max: 8 }]);
  const pins = await pinReplicas(kubectl, "shop", { workloads, keep });
  const gone = { autoscaler: "gone", scaleDown: "Max" };
  await unpinReplicas(kubectl, "shop", [...pins, gone]);
  expect(autoscaler("web").metadata.annotations).toEqual({});
  // The server had filled in a behavior around the word: here it is only the word.
  expect(autoscaler("web").spec.behavior).toBeUndefined();
  await unpinReplicas(kubectl, "shop", pins);
  expect(did).toEqual(["patch web", "patch web"]);
});

test("unpinReplicas() leaves a behavior that the chart has brought, but for our word", async () => {
  const behavior = { scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: "Min" } };
  const { kubectl, autoscaler } = scaledCluster([{ name: "web", replicas: 4, max: 8, behavior }]);
  const pins = await pinReplicas(kubectl, "shop", { workloads, keep });
  expect(pins).toEqual([{ autoscaler: "web", scaleDown: "Min" }]);
  expect(autoscaler("web").metadata.annotations).toEqual({ [pinAnnotation]: "Min" });
  await unpinReplicas(kubectl, "shop", pins);
  expect(autoscaler("web").spec.behavior).toEqual(behavior);
});

test("an autoscaler whose chart sets the policy is not pinned: Helm would fail on it", async () => {
  const behavior = { scaleDown: { selectPolicy: "Max" } };
  const policy = { "f:spec": { "f:behavior": { "f:scaleDown": { "f:selectPolicy": {} } } } };
  const fields = [{ manager: "helm", operation: "Apply", fieldsV1: policy }];
  const { kubectl, did } = scaledCluster([{ name: "web", replicas: 4, max: 8, behavior }], fields);
  expect(await pinReplicas(kubectl, "shop", { workloads, keep })).toEqual([]);
  expect(did).toEqual([]);
});

test("countOwnership() tells a count that Helm alone holds from one that an autoscaler has changed", async () => {
  const replicas = { "f:spec": { "f:replicas": {} } };
  const helm = { manager: "helm", operation: "Apply", fieldsV1: replicas };
  const moved = { manager: "kube-controller-manager", operation: "Update", fieldsV1: replicas };
  const of = (...fields: object[]) => countOwnership(scaledCluster([], fields).kubectl, "shop", web);
  expect(await of(helm)).toEqual({ isServerSide: true, isHelmAlone: true });
  expect(await of({ ...helm, fieldsV1: {} }, moved)).toEqual({ isServerSide: true, isHelmAlone: false });
  expect(await of({ ...helm, operation: "Update" })).toEqual({ isServerSide: false, isHelmAlone: true });
});

function manifest(replicas: number | undefined) {
  const spec = replicas === undefined ? {} : { replicas };
  return manifestObjects([{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec }]);
}

test.each([
  { name: "the manifest's number", replicas: 2, max: 8, is: [{ ...web, literal: 2, count: 4 }] },
  { name: "1 where it names none", replicas: undefined, max: 8, is: [{ ...web, literal: 1, count: 4 }] },
  { name: "nothing without an autoscaler", replicas: 2, max: undefined, is: [] },
])("countsToKeep() expects $name", async ({ replicas, max, is }) => {
  const { kubectl } = scaledCluster([{ name: "web", replicas: 4, ...(max === undefined ? {} : { max }) }]);
  expect(await countsToKeep(kubectl, "shop", manifest(replicas))).toEqual(is);
});

test("countsToKeep() knows an autoscaler that comes with the manifest", async () => {
  const { kubectl } = scaledCluster([{ name: "web", replicas: 4 }]);
  const spec = { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 9 };
  const comes = manifestObjects([{ kind: "HorizontalPodAutoscaler", metadata: { name: "web" }, spec }]);
  const found = await countsToKeep(kubectl, "shop", [...manifest(undefined), ...comes]);
  expect(found).toEqual([{ ...web, literal: 1, count: 4 }]);
});

test("keepReplicas() gives a count back at once, and again only where its own look finds it missed", async () => {
  const { kubectl, did, set } = scaledCluster([{ name: "web", replicas: 6, max: 8 }]);
  const said: string[] = [];
  const result = await keepReplicas(kubectl, "shop", {
    counts: [{ ...web, literal: 2, count: 6 }],
    say: (line) => said.push(line),
    body: async () => {
      set("web", 2);
      await new Promise((resolve) => setTimeout(resolve));
      return "done";
    },
  });
  expect(result).toBe("done");
  expect(did).toEqual(["scale web 6"]);
  expect(said).toEqual(["Deployment web: the manifest says 2 pods, its autoscaler's 6 are restored"]);
});

const sides = { stable: { service: "web", release: "web" }, candidate: { service: "next", release: "next" } };

function asking(candidate: Partial<Scaled>, change: { percent?: number; budgetMs?: number } = {}) {
  const cluster = scaledCluster([
    { name: "web", replicas: 6 },
    { name: "next", replicas: 1, ...candidate },
  ]);
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const request = { ...sides, percent: 50, budgetMs: 60_000, clock, say: () => undefined, ...change };
  return { ...cluster, asked: carryWeight(cluster.kubectl, "shop", request) };
}

test("carryWeight() brings the candidate to what its share needs, and pins its autoscaler first", async () => {
  const { asked, did } = asking({ max: 8 });
  await asked;
  expect(did).toEqual(["patch next", "scale next 3"]);
});

test("carryWeight() leaves a candidate alone that is large enough", async () => {
  const { asked, did } = asking({ replicas: 3 });
  await asked;
  expect(did).toEqual([]);
});

test.each([
  {
    name: "a quota, after its grace",
    candidate: { refusal: "exceeded quota: pods" },
    says: "Weight 50 was not set: weight 50 % needs 3 ready pods of the candidate, it has 1: exceeded quota: pods",
    did: ["scale next 3", "scale next 1"],
  },
  {
    name: "pods that do not get ready",
    candidate: { stuck: true } as const,
    says: "it has 0: they did not get ready in 60 s",
    did: ["scale next 3", "scale next 1"],
  },
  {
    name: "an autoscaler that allows fewer",
    candidate: { max: 2 },
    says: "Deployment next needs 3 pods, and autoscaler next allows 2",
    did: [],
  },
])("carryWeight() ends with $name and takes back what it asked for", async ({ candidate, says, did }) => {
  const { asked, did: done } = asking(candidate);
  await expect(asked).rejects.toThrow(says);
  expect(done).toEqual(did);
});

test("standAlone() scales what a manifest has made too small, and gives up in time", async () => {
  const cluster = scaledCluster([
    { name: "web", replicas: 2, max: 8 },
    { name: "next", replicas: 6 },
  ]);
  const now = await liveCounts(cluster.kubectl, "shop", workloads);
  const before = now.map((one) => ({ ...one, wanted: 6 }));
  let time = 0;
  const clock = {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  };
  const request = {
    before,
    candidate: sides.candidate,
    percent: 95,
    budgetMs: 5000,
    clock,
    say: () => undefined,
  };
  await standAlone(cluster.kubectl, "shop", request);
  expect(cluster.did).toEqual(["scale web 6"]);
  cluster.deployment("web").status.readyReplicas = 5;
  await expect(standAlone(cluster.kubectl, "shop", request)).rejects.toThrow(
    "The stable version cannot carry all traffic, so the candidate keeps its share: Deployment web has 5 of 6 ready pods",
  );
  cluster.deployment("web").status = {
    observedGeneration: 1,
    replicas: 7,
    updatedReplicas: 6,
    readyReplicas: 7,
  };
  await expect(standAlone(cluster.kubectl, "shop", request)).rejects.toThrow(
    "and pods of the version before",
  );
});
