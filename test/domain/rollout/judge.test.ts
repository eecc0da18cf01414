import { describe, expect, test } from "vitest";
import { judgeRollout, startMemory } from "../../../src/domain/rollout/judge.ts";
import { baselineOf, type RolloutScope, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { doomedAfter, earlier, graces, notFound, scope, withPods } from "./looks.ts";
import { container, deployment, ended, event, pod, replicaSet, view, waiting } from "./objects.ts";

describe("judgeRollout() sees what no pod shows", () => {
  const denied = [
    { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota: pods" },
  ];
  const without = (...more: readonly { readonly kind: string }[]) =>
    view(deployment("web"), replicaSet("old", "web", "1"), replicaSet("new", "web", "2", denied), ...more);

  test("quota, almost at once when no pod is ending", () => {
    expect(doomedAfter(without())).toMatchObject({ reason: "quota", second: 2 });
  });

  test("quota, later while pods that are ending may free it", () => {
    const ending = pod("old-1", "old", { terminating: true });
    expect(doomedAfter(without(ending))).toMatchObject({ reason: "quota", second: 30 });
  });

  test("the progress deadline of the Deployment", () => {
    const late = [
      { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "has timed out" },
    ];
    const seen = view(
      deployment("web", { conditions: late }),
      replicaSet("new", "web", "2"),
      pod("new-1", "new"),
    );
    expect(doomedAfter(seen)).toMatchObject({ reason: "deadline", second: 0 });
  });

  test("a hook's pod that cannot start, but not the end of its job, which Helm reads itself", () => {
    const owner = { kind: "Job", name: "web-migrate", uid: "job" };
    const stuck = pod("web-migrate-1", "", { owner, containers: [waiting("ErrImagePull", notFound)] });
    const crashed = pod("web-migrate-1", "", {
      owner,
      containers: [container(ended(1), { restartCount: 2 })],
    });
    expect(doomedAfter(view(stuck))).toMatchObject({ reason: "image", second: 0 });
    expect(doomedAfter(view(stuck))?.text).toMatch(/^hook: /);
    expect(doomedAfter(view(crashed))).toBeUndefined();
  });

  test("a StatefulSet that may not make its pod", () => {
    const set = {
      kind: "StatefulSet",
      metadata: { name: "db", uid: "set-db", generation: 2 },
      spec: { replicas: 1 },
      status: { observedGeneration: 2, updateRevision: "db-2" },
    };
    const seen = view(set, event("set-db", "FailedCreate", "forbidden: violates PodSecurity"));
    const within: RolloutScope = { workloads: [{ kind: "StatefulSet", name: "db" }], hookJobs: [] };
    expect(doomedAfter(seen, view(), within)).toMatchObject({ reason: "denied", second: 10 });
  });
});

test("judgeRollout() counts the new pods once the deploy has changed their workload", () => {
  const look = (seen: RolloutView) =>
    judgeRollout(startMemory(0), { view: seen, scope, baseline: baselineOf(earlier), graces, now: 0 })
      .verdict;
  expect(look(earlier)).toEqual({ kind: "progressing", ready: 0, wanted: 0 });
  expect(look(withPods([{ ready: true }, {}]))).toEqual({ kind: "progressing", ready: 1, wanted: 2 });
});
