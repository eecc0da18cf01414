import type { WorkloadFacts } from "../rollout/workload.ts";
import type { ReleaseObjects } from "./candidate-conflicts.ts";
import { workloadObjects } from "./manifest.ts";

/** How many ready pods a workload of the tried colour must have to take over from the one that serves. */
export interface ColourCount {
  readonly kind: WorkloadFacts["kind"];
  readonly name: string;
  readonly replicas: number;
}

/**
 * The counts that the tried colour must reach: of each workload what its counterpart has ready now, whatever the chart
 * says. A workload without a counterpart wants what it is given.
 */
export function wantedCounts(
  tried: ReleaseObjects,
  serving: ReleaseObjects | undefined,
  live: readonly WorkloadFacts[],
): readonly ColourCount[] {
  return workloadObjects(tried.objects).flatMap(({ kind, name }) => {
    const own = live.find((one) => one.kind === kind && one.name === name);
    if (own === undefined) return [];
    const other = counterpart(own, { tried, serving, live });
    const replicas = own.kind === "DaemonSet" ? own.wanted : Math.max(own.wanted, other?.ready ?? 0);
    return [{ kind: own.kind, name, replicas }];
  });
}

interface Pairing {
  readonly tried: ReleaseObjects;
  readonly serving: ReleaseObjects | undefined;
  readonly live: readonly WorkloadFacts[];
}

// Charts name their objects after the release. Where one does not, the only workload of its kind is meant.
function counterpart(
  { kind, name }: WorkloadFacts,
  { tried, serving, live }: Pairing,
): WorkloadFacts | undefined {
  if (serving === undefined) return undefined;
  const others = workloadObjects(serving.objects).filter((one) => one.kind === kind);
  const expected = name.replaceAll(tried.release, serving.release);
  const same = others.find((one) => one.name === expected);
  const isOnly =
    others.length === 1 && workloadObjects(tried.objects).filter((one) => one.kind === kind).length === 1;
  const found = same ?? (isOnly ? others[0] : undefined);
  return live.find((one) => one.kind === kind && one.name === found?.name);
}

/** The workloads that have fewer ready pods than they must have, one sentence each. */
export function shortages(
  counts: readonly ColourCount[],
  live: readonly WorkloadFacts[],
): readonly { readonly text: string; readonly isEmpty: boolean }[] {
  return counts.flatMap(({ kind, name, replicas }) => {
    const now = live.find((one) => one.kind === kind && one.name === name);
    const ready = now?.ready ?? 0;
    if (ready >= replicas) return [];
    const text = `${kind} ${name} has ${ready} of ${replicas} pods ready`;
    // An object that is not seen at this moment may be in a list that is being read anew.
    return [{ text, isEmpty: now !== undefined && ready === 0 }];
  });
}
