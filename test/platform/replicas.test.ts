import { expect, test } from "vitest";
import { pinAnnotation } from "../../src/domain/capacity/live-count.ts";
import type { ReplicaPin } from "../../src/domain/record/state.ts";
import { manifestObjects } from "../../src/domain/release/manifest.ts";
import { pinReplicas, unpinReplicas } from "../../src/platform/replica-pins.ts";
import {
  countOwnership,
  countsToKeep,
  keepReplicas,
  liveCounts,
  liveCountsBehind,
} from "../../src/platform/replicas.ts";
import { scaledCluster } from "./scaled-cluster.ts";

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
  expect(did).toEqual(["pin web"]);
});

test("unpinReplicas() gives back what there was, once, and forgives an autoscaler that is gone", async () => {
  const { kubectl, autoscaler, did } = scaledCluster([{ name: "web", replicas: 4, max: 8 }]);
  const pins = await pinReplicas(kubectl, "shop", { workloads, keep });
  const gone = { autoscaler: "gone", scaleDown: "Max" };
  await unpinReplicas(kubectl, "shop", [...pins, gone]);
  expect(autoscaler("web").metadata.annotations).toEqual({});
  expect(autoscaler("web").spec.behavior).toBeUndefined();
  await unpinReplicas(kubectl, "shop", pins);
  expect(did).toEqual(["pin web", "unpin web"]);
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

test("an autoscaler that was pinned once, or that a person has changed, can be pinned", async () => {
  const behavior = { scaleDown: { selectPolicy: "Max" } };
  const policy = { "f:spec": { "f:behavior": { "f:scaleDown": { "f:selectPolicy": {} } } } };
  const fields = [{ manager: "kubectl-patch", operation: "Update", fieldsV1: policy }];
  const { kubectl } = scaledCluster([{ name: "web", replicas: 4, max: 8, behavior }], fields);
  expect(await pinReplicas(kubectl, "shop", { workloads, keep })).toHaveLength(1);
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
