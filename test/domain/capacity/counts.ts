import type { LiveCount } from "../../../src/domain/capacity/live-count.ts";

/** A Deployment `web` with 4 ready pods, but for what is changed. */
export function count(change: Partial<LiveCount> = {}): LiveCount {
  return { kind: "Deployment", name: "web", wanted: 4, ready: 4, isUniform: true, labels: {}, ...change };
}

export function scaler(maxReplicas: number): { autoscaler: NonNullable<LiveCount["autoscaler"]> } {
  return { autoscaler: { name: "web", maxReplicas, scaleDown: "none" } };
}
