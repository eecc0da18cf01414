import { expect, test } from "vitest";
import { brokenPods } from "../../../src/domain/rollback/broken-pods.ts";
import { workload } from "./objects.ts";

const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image, terminationMessagePath: "/dev/termination-log" }] },
});

function live(image: string, updateRevision: string, observedGeneration = 2) {
  return {
    metadata: { generation: 2 },
    spec: { template: template(image) },
    status: { updateRevision, observedGeneration },
  };
}

function pod(name: string, hash: string, ready: string, more: object = {}) {
  return {
    metadata: { name, labels: { "controller-revision-hash": hash }, ...more },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}

const pods = [pod("web-0", "good", "True"), pod("web-1", "bad", "False")];
const wanted = workload("StatefulSet");

test.each([
  {
    name: "deletes the broken pod once the set has another update revision",
    set: live("web:1", "good"),
    before: "bad",
    deleted: ["web-1"],
  },
  {
    name: "deletes it where the template was restored before we looked",
    set: live("web:1", "good"),
    before: "good",
    deleted: ["web-1"],
  },
  {
    name: "deletes nothing while the set is still the broken one",
    set: live("web:2", "bad"),
    before: "bad",
    deleted: [],
  },
  {
    name: "deletes nothing before the controller has seen the change",
    set: live("web:1", "good", 1),
    before: "bad",
    deleted: [],
  },
  { name: "deletes nothing of a set that is not there", set: undefined, before: "bad", deleted: [] },
])("brokenPods() $name", ({ set, before, deleted }) => {
  expect(brokenPods({ wanted, live: set, pods, revisionBefore: before })).toEqual(deleted);
});

test("brokenPods() leaves pods that are ready or on their way out", () => {
  const set = live("web:1", "good");
  const others = [
    pod("web-0", "bad", "True"),
    pod("web-1", "bad", "False", { deletionTimestamp: "2026-11-22T04:00:00Z" }),
    pod("web-2", "good", "False"),
  ];
  expect(brokenPods({ wanted, live: set, pods: others, revisionBefore: "bad" })).toEqual([]);
});
