import { describe, expect, test } from "vitest";
import { baselineOf, type RolloutScope, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { isSettled, waitingFor } from "../../../src/domain/rollout/waiting.ts";
import { doomedAfter } from "./looks.ts";
import { controlled, controlledPod, ended, event, view, waiting } from "./objects.ts";

const crash = { containers: [waiting("CrashLoopBackOff", "", { restartCount: 3, lastState: ended(1) })] };

describe.each(["StatefulSet", "DaemonSet"] as const)("judgeRollout() of a %s", (kind) => {
  const scope: RolloutScope = { workloads: [{ kind, name: "db" }], hookJobs: [] };
  const earlier = view(controlled(kind, "db", { generation: 1 }), controlledPod(kind, "db-0", "1", crash));
  const doom = (seen: RolloutView) => doomedAfter(seen, earlier, scope);

  test("blames a pod of the newest template", () => {
    const seen = view(controlled(kind, "db"), controlledPod(kind, "db-1", "2", crash));
    expect(doom(seen)).toMatchObject({ reason: "crash", second: 0 });
    expect(doom(seen)?.text).toMatch(
      new RegExp(`^${kind} db: pod db-1, container web ended with exit code 1`),
    );
  });

  test("does not blame a pod of the version before", () => {
    const seen = view(controlled(kind, "db"), controlledPod(kind, "db-0", "1", crash));
    expect(doom(seen)).toBeUndefined();
  });

  test("sees that no pod is let in, until one is made", () => {
    const denied = event("set-db", "FailedCreate", "forbidden: violates PodSecurity", { second: 20 });
    const made = event("set-db", "SuccessfulCreate", "create Pod db-1", { type: "Normal", second: 30 });
    const one = controlledPod(kind, "db-1", "2", { ready: true });
    expect(doom(view(controlled(kind, "db"), one, denied))).toMatchObject({ reason: "denied" });
    expect(doom(view(controlled(kind, "db"), one, denied, made))).toBeUndefined();
  });

  test("waits for no pod under OnDelete", () => {
    const seen = view(
      controlled(kind, "db", { updated: 0, strategy: { type: "OnDelete" } }),
      controlledPod(kind, "db-0", "1", { ready: true }),
    );
    const waited = { view: seen, scope, baseline: baselineOf(earlier) };
    expect(waitingFor(waited)).toEqual([]);
    expect(isSettled(waited)).toBe(true);
  });
});

test("a partition keeps the lower pods of a StatefulSet as they are", () => {
  const scope: RolloutScope = { workloads: [{ kind: "StatefulSet", name: "db" }], hookJobs: [] };
  const strategy = { type: "RollingUpdate", rollingUpdate: { partition: 1 } };
  const earlier = view(controlled("StatefulSet", "db", { generation: 1 }));
  const waited = (isReady: boolean) => ({
    view: view(
      controlled("StatefulSet", "db", { updated: 1, strategy }),
      controlledPod("StatefulSet", "db-0", "1", crash),
      controlledPod("StatefulSet", "db-1", "2", { ready: isReady }),
    ),
    scope,
    baseline: baselineOf(earlier),
  });
  expect(isSettled(waited(true))).toBe(true);
  expect(waitingFor(waited(false))).toEqual([
    "StatefulSet db has 0 of 1 new pods ready: pod db-1 runs but is not ready",
  ]);
  expect(doomedAfter(waited(true).view, earlier, scope)).toBeUndefined();
});

test("a DaemonSet's template that comes back keeps its pods: they carry its hash, not its new number", () => {
  const scope: RolloutScope = { workloads: [{ kind: "DaemonSet", name: "db" }], hookJobs: [] };
  const history = ["a", "b"].map((hash, index) => ({
    kind: "ControllerRevision",
    metadata: {
      labels: { "controller-revision-hash": hash },
      ownerReferences: [{ controller: true, kind: "DaemonSet", name: "db", uid: "set-db" }],
    },
    // The one that came back has the highest number.
    revision: hash === "a" ? 3 : 2 + index,
  }));
  const labels = { "controller-revision-hash": "a", "pod-template-generation": "1" };
  const seen = view(
    controlled("DaemonSet", "db", { generation: 3, wanted: 1 }),
    controlledPod("DaemonSet", "db-0", "1", { ready: true, labels }),
    ...history,
  );
  const earlier = view(controlled("DaemonSet", "db", { generation: 2 }));
  expect(isSettled({ view: seen, scope, baseline: baselineOf(earlier) })).toBe(true);
});
