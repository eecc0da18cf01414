import { OutsideError } from "../core/errors.ts";
import { atLeast, countOf, countsForAll, type WantedCount } from "../domain/capacity/carry.ts";
import type { LiveCount } from "../domain/capacity/live-count.ts";
import type { CarryRequest } from "./carry-weight.ts";
import type { Kubectl } from "./kubectl.ts";
import { liveCounts, liveCountsBehind, scaleTo } from "./replicas.ts";

export interface StandRequest extends Omit<CarryRequest, "stable"> {
  /** The stable side before it was changed. */
  readonly before: readonly LiveCount[];
}

const lookEveryMs = 1000;

/**
 * Waits until the stable side can carry everything: every pod of the new template, and at least as many ready as before
 * it was changed. To be called before the candidate's share, `percent`, goes back to it. Helm's own wait is content
 * with fewer: it allows for as many missing pods as the rollout may take away.
 */
export async function standAlone(kubectl: Kubectl, namespace: string, request: StandRequest): Promise<void> {
  const { before, clock, budgetMs, say } = request;
  const startedAt = clock.now();
  for (let said = ""; ; ) {
    const [stable, candidate] = await Promise.all([
      liveCounts(kubectl, namespace, before),
      liveCountsBehind(kubectl, namespace, request.candidate),
    ]);
    const missing = missingFrom(stable, countsForAll(request.percent, atLeast(before, stable), candidate));
    if (missing.length === 0) return;
    const line = missing.map((one) => describe(one, countOf(stable, one))).join("; ");
    if (line !== said) say(`The candidate keeps its share until the stable version can carry it: ${line}`);
    said = line;
    if (clock.now() - startedAt >= budgetMs) {
      throw new OutsideError(
        `The stable version cannot carry all traffic, so the candidate keeps its share: ${line}`,
      );
    }
    await scaleOwned({ kubectl, namespace }, stable, missing);
    await clock.sleep(lookEveryMs, request.signal);
  }
}

function missingFrom(stable: readonly LiveCount[], wanted: readonly WantedCount[]): readonly WantedCount[] {
  return wanted.filter((one) => {
    const live = countOf(stable, one);
    return !(live?.isUniform === true && live.ready >= one.count);
  });
}

function describe({ kind, name, count }: WantedCount, live: LiveCount | undefined): string {
  const mixed = live?.isUniform === false ? ", and pods of the version before" : "";
  return `${kind} ${name} has ${live?.ready ?? 0} of ${count} ready pods${mixed}`;
}

// Without an autoscaler the number is the chart's, and nobody else may write it.
async function scaleOwned(
  { kubectl, namespace }: { readonly kubectl: Kubectl; readonly namespace: string },
  live: readonly LiveCount[],
  missing: readonly WantedCount[],
): Promise<void> {
  for (const one of missing) {
    const now = countOf(live, one);
    if (now?.autoscaler !== undefined && now.wanted < one.count) await scaleTo(kubectl, namespace, one);
  }
}
