import { judgeRollout, type RolloutMemory, startMemory } from "../../../src/domain/rollout/judge.ts";
import type { Graces } from "../../../src/domain/rollout/signal.ts";
import { baselineOf, type RolloutScope, type RolloutView } from "../../../src/domain/rollout/view.ts";
import { deployment, type PodOptions, pod, replicaSet, view } from "./objects.ts";

export const graces: Graces = { unschedulableMs: 180_000, quotaMs: 30_000, pullMs: 150_000 };

export const scope: RolloutScope = {
  workloads: [{ kind: "Deployment", name: "web" }],
  hookJobs: ["web-migrate"],
};
export const earlier = view(
  deployment("web", { generation: 1, revision: "1" }),
  replicaSet("old", "web", "1"),
  pod("old-1", "old", { ready: true }),
);

/** The state after the deploy: new ReplicaSet, with these new pods beside the old one. */
export function withPods(
  pods: readonly PodOptions[],
  ...more: readonly { readonly kind: string }[]
): RolloutView {
  return view(
    deployment("web"),
    replicaSet("old", "web", "1"),
    replicaSet("new", "web", "2"),
    pod("old-1", "old", { ready: true }),
    ...pods.map((options, index) => pod(`new-${index + 1}`, "new", options)),
    ...more,
  );
}

/** The seconds after which the same view dooms the rollout, looking every second; undefined within ten minutes. */
export function doomedAfter(seen: RolloutView, since: RolloutView = earlier, within: RolloutScope = scope) {
  let memory: RolloutMemory = startMemory(0);
  for (let second = 0; second <= 600; second++) {
    const look = judgeRollout(memory, {
      view: seen,
      scope: within,
      baseline: baselineOf(since),
      graces,
      now: second * 1000,
    });
    if (look.verdict.kind === "doomed") return { second, ...look.verdict.signal };
    memory = look.memory;
  }
  return undefined;
}

export const notFound = 'rpc error: failed to resolve reference "web@sha256:1": not found';
