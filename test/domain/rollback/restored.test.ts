import { expect, test } from "vitest";
import { manifestObjects } from "../../../src/domain/release/manifest.ts";
import { judgeRestored } from "../../../src/domain/rollback/restored.ts";
import { digestNumber } from "./records.ts";

const image = `registry.example/web:1.1.0@${digestNumber(1)}`;
const other = `registry.example/web:1.2.0@${digestNumber(2)}`;

function wanted(kind: string, named: string) {
  const template = { spec: { containers: [{ name: "web", image: named }] } };
  const [object] = manifestObjects([
    { kind, apiVersion: "apps/v1", metadata: { name: "web" }, spec: { template } },
  ]);
  if (object === undefined) throw new Error("no object");
  return object;
}

function live(change: object = {}) {
  return {
    metadata: { generation: 3 },
    spec: { replicas: 2 },
    status: { observedGeneration: 3, updatedReplicas: 2, readyReplicas: 2, ...change },
  };
}

function pod(asked: string, imageId: string, metadata: object = {}) {
  return {
    metadata: { name: "web-1", ...metadata },
    spec: { containers: [{ name: "web", image: asked }] },
    status: { containerStatuses: [{ name: "web", imageID: imageId }] },
  };
}

const running = `registry.example/web@${digestNumber(1)}`;
const pods = [pod(image, running), pod(image, running)];

test.each([
  { name: "pods that are ready on the digest", kind: "Deployment", object: live(), found: pods },
  {
    name: "pods whose image the runtime names by its configuration",
    kind: "Deployment",
    object: live(),
    found: [pod(image, digestNumber(5))],
  },
  {
    name: "an old pod that is on its way out",
    kind: "Deployment",
    object: live(),
    found: [...pods, pod(other, other, { deletionTimestamp: "now" })],
  },
  {
    name: "a DaemonSet",
    kind: "DaemonSet",
    object: {
      metadata: { generation: 1 },
      status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 },
    },
    found: pods,
  },
])("judgeRestored() takes $name", ({ kind, object, found }) => {
  const judged = judgeRestored([{ wanted: wanted(kind, image), live: object, pods: found }]);
  expect(judged).toMatchObject({ kind: "restored", digests: [digestNumber(1)] });
});

test.each([
  {
    name: "a workload that is not there",
    object: undefined,
    found: [],
    says: "Deployment web: it is not there",
  },
  {
    name: "a controller that has not looked",
    object: live({ observedGeneration: 2 }),
    found: pods,
    says: "its controller has not seen it",
  },
  {
    name: "old pods",
    object: live({ updatedReplicas: 1 }),
    found: pods,
    says: "1 of 2 pods are of this revision",
  },
  {
    name: "pods that are not ready",
    object: live({ readyReplicas: 1 }),
    found: pods,
    says: "1 of 2 pods are ready",
  },
  {
    name: "a workload without a status",
    object: { metadata: { generation: 1 }, spec: { replicas: 2 } },
    found: pods,
    says: "has not seen it",
  },
  {
    name: "a pod that was told another image",
    object: live(),
    found: [pod(other, running)],
    says: `pod web-1: web is told to run ${other}, not ${image}`,
  },
  {
    name: "a pod that runs another digest",
    object: live(),
    found: [pod(image, other)],
    says: `web runs ${digestNumber(2)}, not ${digestNumber(1)}`,
  },
])("judgeRestored() waits for $name", ({ object, found, says }) => {
  const judged = judgeRestored([{ wanted: wanted("Deployment", image), live: object, pods: found }]);
  expect(judged.kind === "waiting" && judged.reason).toContain(says);
});
