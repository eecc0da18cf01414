import { type LiveCount, type ScaledWorkload, sameWorkload } from "./live-count.ts";

/** How many pods a workload is to have. */
export interface WantedCount extends ScaledWorkload {
  readonly count: number;
}

/** Ready pods of several workloads together. */
export function readyOf(counts: readonly LiveCount[]): number {
  return counts.reduce((sum, { ready }) => sum + ready, 0);
}

function wantedOf(counts: readonly LiveCount[]): number {
  return counts.reduce((sum, { wanted }) => sum + wanted, 0);
}

/** The live count of one workload among several. */
export function countOf(counts: readonly LiveCount[], workload: ScaledWorkload): LiveCount | undefined {
  return counts.find((one) => sameWorkload(one, workload));
}

/** The pods that a share of traffic needs, measured by the ready pods that carry all of it. */
export function podsForShare(percent: number, stableReady: number): number {
  return percent === 0 ? 0 : Math.max(1, Math.ceil((percent / 100) * stableReady));
}

/** What the candidate's workloads must have ready to carry a share; among themselves they keep their proportions. */
export function countsForShare(
  percent: number,
  stable: readonly LiveCount[],
  candidate: readonly LiveCount[],
): readonly WantedCount[] {
  const all = wantedOf(candidate);
  const needed = podsForShare(percent, readyOf(stable));
  return candidate.map(({ kind, name, wanted }) => {
    const share = all === 0 ? 1 / candidate.length : wanted / all;
    return { kind, name, count: Math.ceil(needed * share) };
  });
}

/** What the stable workloads must have ready before the candidate's share comes back to them. */
export function countsForAll(
  percent: number,
  stable: readonly LiveCount[],
  candidate: readonly LiveCount[],
): readonly WantedCount[] {
  const base = Math.max(1, wantedOf(stable));
  const extra = readyOf(candidate);
  // A candidate that its autoscaler has made larger than the stable version carries what the stable one never had.
  const grown = percent > 0 && extra > base ? Math.min(Math.ceil((extra * 100) / percent), extra + base) : 0;
  return stable.map(({ kind, name, wanted, autoscaler }) => {
    const most = autoscaler?.maxReplicas ?? wanted;
    const needed = Math.max(wanted, Math.ceil((grown * wanted) / base));
    return { kind, name, count: Math.max(wanted, Math.min(needed, most)) };
  });
}

/**
 * The stable side as it must be at least: an autoscaler's count from before a change stands, whatever the change made
 * of it, and one that was raised since counts too.
 */
export function atLeast(before: readonly LiveCount[], now: readonly LiveCount[]): readonly LiveCount[] {
  return now.map((one) => {
    const earlier = one.autoscaler === undefined ? undefined : countOf(before, one)?.wanted;
    return { ...one, wanted: Math.max(one.wanted, earlier ?? 0) };
  });
}

/** Why a count cannot be had, whatever the wait. */
export function beyondAutoscaler(
  live: readonly LiveCount[],
  wanted: readonly WantedCount[],
): string | undefined {
  for (const one of wanted) {
    const autoscaler = countOf(live, one)?.autoscaler;
    if (autoscaler === undefined || one.count <= autoscaler.maxReplicas) continue;
    return `${one.kind} ${one.name} needs ${one.count} pods, and autoscaler ${autoscaler.name} allows ${autoscaler.maxReplicas}`;
  }
  return undefined;
}
