import { describe, expect, test } from "vitest";
import { denialOutlook } from "../../../src/domain/rollout/denial.ts";
import { judgeRollout, type RolloutMemory, startMemory } from "../../../src/domain/rollout/judge.ts";
import { fitsNoNode } from "../../../src/domain/rollout/scheduling.ts";
import type { Graces } from "../../../src/domain/rollout/signal.ts";
import { baselineOf, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { doomedAfter, earlier, graces, scope, withPods } from "./looks.ts";
import { deployment, event, pod, replicaSet, view, waiting } from "./objects.ts";

/** The second in which a rollout is doomed that shows another view in each span: `[until second, view]`. */
function doomedWhen(spans: readonly (readonly [number, RolloutView])[], given: Graces = graces) {
  let memory: RolloutMemory = startMemory(0);
  let second = 0;
  for (const [until, seen] of spans) {
    for (; second <= until; second++) {
      const baseline = baselineOf(earlier);
      const look = judgeRollout(memory, { view: seen, scope, baseline, graces: given, now: second * 1000 });
      if (look.verdict.kind === "doomed") return { second, reason: look.verdict.signal.reason };
      memory = look.memory;
    }
  }
  return undefined;
}

const unplaced = (message: string, ...more: readonly { readonly kind: string }[]) =>
  withPods(
    [
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
      },
    ],
    ...more,
  );
const noRoom = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available.";
const noMatch =
  "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1";

describe("judgeRollout() waits for a node", () => {
  const scaleUp = event("pod-new-1", "TriggeredScaleUp", "pod triggered scale-up", { type: "Normal" });
  const declined = event("pod-new-1", "NotTriggerScaleUp", "pod didn't trigger scale-up", { type: "Normal" });

  test("as long as the input says", () => {
    const short = { ...graces, unschedulableMs: 20_000 };
    expect(doomedWhen([[600, unplaced(noRoom)]], short)).toEqual({ second: 20, reason: "unschedulable" });
  });

  test("anew when an autoscaler adds one", () => {
    const spans = [
      [100, unplaced(noRoom)],
      [600, unplaced(noRoom, scaleUp)],
    ] as const;
    expect(doomedWhen(spans)).toEqual({ second: 281, reason: "unschedulable" });
  });

  test("less when no node matches, and not at all when the autoscaler declines too", () => {
    expect(doomedWhen([[600, unplaced(noMatch)]])?.second).toBe(30);
    expect(doomedWhen([[600, unplaced(noMatch, declined)]])?.second).toBe(0);
    expect(doomedWhen([[600, unplaced(noMatch, scaleUp)]])?.second).toBe(180);
  });

  test("while pods of the version before are ending: their room comes free", () => {
    const ending = pod("old-2", "old", { terminating: true });
    const spans = [
      [100, unplaced(noRoom, ending)],
      [600, unplaced(noRoom)],
    ] as const;
    expect(doomedWhen(spans)?.second).toBe(280);
  });

  test("not for a claim that is not there, and until time is over for one that is not bound", () => {
    const missing = 'persistentvolumeclaim "data" not found. preemption: not eligible';
    expect(doomedAfter(unplaced(missing))).toMatchObject({ reason: "config", second: 8 });
    expect(doomedAfter(unplaced("pod has unbound immediate PersistentVolumeClaims"))).toBeUndefined();
  });

  test.each([
    [noMatch, true],
    [noRoom, false],
    [
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector.",
      false,
    ],
    [
      "0/2 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/2",
      true,
    ],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.", false],
    ["no nodes available to schedule pods", false],
  ])("fitsNoNode(%j) is %s", (message, fits) => {
    expect(fitsNoNode(message)).toBe(fits);
  });
});

describe("judgeRollout() waits for admission", () => {
  const denied = (message: string, ...more: readonly { readonly kind: string }[]) => {
    const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message };
    return view(deployment("web"), replicaSet("new", "web", "2", [failure]), ...more);
  };
  const quota = "exceeded quota: narrow, requested: pods=1";
  const sets = replicaSet("old", "web", "1");
  const ending = [sets, pod("old-1", "old", { terminating: true })];

  test("on a quota as long as the input says, once pods have been seen to end", () => {
    const spans = [
      [5, denied(quota, ...ending)],
      [600, denied(quota)],
    ] as const;
    expect(doomedWhen(spans)).toEqual({ second: 30, reason: "quota" });
  });

  test("on a quota almost not at all while pods of another release end", () => {
    const foreign = pod("other-1", "other", { terminating: true });
    expect(doomedWhen([[600, denied(quota, foreign)]])?.second).toBe(2);
  });

  test("on a quota while new pods come up nevertheless", () => {
    const one = pod("new-1", "new", { ready: true });
    const spans = [
      [1, denied(quota)],
      [2, denied(quota, one)],
      [600, denied(quota, one)],
    ] as const;
    expect(doomedWhen(spans)?.second).toBe(4);
  });

  test("on a webhook that gives no answer longer than on a rule that stays", () => {
    expect(doomedWhen([[600, denied('failed calling webhook "x": connection refused')]])?.second).toBe(30);
    expect(doomedWhen([[600, denied("violates PodSecurity")]])).toEqual({ second: 10, reason: "denied" });
  });

  test.each([
    [quota, "quota"],
    ["status unknown for quota: narrow, resources: pods", "quota"],
    ['Internal error occurred: failed calling webhook "x": context deadline exceeded', "unavailable"],
    ['admission webhook "x" denied the request: no', "firm"],
    ["maximum memory usage per Container is 128Mi, but limit is 256Mi", "firm"],
    ['error looking up service account shop/nobody: serviceaccount "nobody" not found', "firm"],
    ['violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false', "firm"],
  ])("denialOutlook(%j) is %s", (message, outlook) => {
    expect(denialOutlook(message)).toBe(outlook);
  });
});

describe("judgeRollout() waits for a registry", () => {
  const pulling = (message: string) => withPods([{ containers: [waiting("ErrImagePull", message)] }]);
  const backOff = withPods([{ containers: [waiting("ImagePullBackOff", "Back-off pulling image")] }]);
  const busy = "429 Too Many Requests";

  test("remembers its first words when later ones speak of back-off only", () => {
    expect(
      doomedWhen([
        [1, pulling(busy)],
        [600, backOff],
      ])?.second,
    ).toBe(150);
  });

  test("takes its newest words when they change", () => {
    expect(
      doomedWhen([
        [1, pulling(busy)],
        [600, pulling("manifest unknown")],
      ])?.second,
    ).toBe(2);
  });

  test("as long as the input says", () => {
    expect(doomedWhen([[600, pulling(busy)]], { ...graces, pullMs: 10_000 })?.second).toBe(10);
    expect(doomedWhen([[600, backOff]], { ...graces, pullMs: 10_000 })?.second).toBe(10);
  });
});

test("judgeRollout() gives a Secret that another controller makes its time", () => {
  const seen = withPods([{ containers: [waiting("CreateContainerConfigError", 'secret "x" not found')] }]);
  expect(doomedAfter(seen, earlier, { ...scope, asksForSecrets: true })?.second).toBe(60);
});

describe("judgeRollout() sees that a Deployment is paused", () => {
  const paused = (image: string) => view(deployment("web", { revision: "1", paused: true, image }));

  test("at once", () => {
    expect(doomedAfter(paused("web:2"))).toMatchObject({ reason: "paused", second: 0 });
  });

  test("but not when its template is as before, nor when the chart wants it so", () => {
    expect(doomedAfter(paused("web:1"))).toBeUndefined();
    expect(doomedAfter(paused("web:2"), earlier, { ...scope, pausedByChart: ["web"] })).toBeUndefined();
  });
});

test("judgeRollout() takes no progress deadline of an earlier rollout for one of this", () => {
  const conditions = [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "" },
  ];
  expect(doomedAfter(view(deployment("web", { revision: "1", conditions })))).toBeUndefined();
});
