import { spendMs } from "../../core/budget.ts";
import type { LiveCount } from "../../domain/capacity/live-count.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import type { RolloutState } from "../../domain/record/state.ts";
import { lastRevision } from "../../domain/release/history.ts";
import { imagesOf, manifestObjects } from "../../domain/release/manifest.ts";
import { liveCountsBehind } from "../../platform/replicas.ts";
import { standAlone } from "../../platform/stand-alone.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import { parseManifest } from "../../platform/yaml.ts";
import type { Ready } from "./before-write.ts";
import type { Session } from "./session.ts";

/** What carries the stable version's traffic now. */
export function stableCounts({ cluster, inputs }: Session): Promise<readonly LiveCount[]> {
  const { traffic, release, namespace } = inputs;
  if (traffic === undefined) return Promise.resolve([]);
  return liveCountsBehind(cluster.kubectl, namespace, { service: traffic.stable.service, release });
}

/**
 * Waits until the stable version can carry everything, with as many ready pods as before the promotion at least. A
 * repeated step no longer knows what was before: then it is what is wanted now.
 */
export async function standFor(
  session: Session,
  { candidateRelease }: RolloutState,
  before: readonly LiveCount[],
): Promise<void> {
  const { cluster, inputs, clock, budget, context } = session;
  const { traffic, namespace } = inputs;
  if (traffic === undefined) return;
  const { kubectl } = cluster;
  await standAlone(kubectl, namespace, {
    before: before.length > 0 ? before : await stableCounts(session),
    candidate: { service: traffic.candidate.service, release: candidateRelease },
    percent: await trafficSwitch(kubectl, traffic, namespace).readWeight(),
    // The share is still to be taken back, and the candidate to be removed.
    budgetMs: spendMs(budget, Math.min(60_000, budget.totalMs / 6)),
    clock,
    say: (line) => context.runner.info(line),
    signal: context.signal,
  });
}

/**
 * The revision that an interrupted promotion of this record had brought to its end: Helm calls it deployed, it is newer
 * than the one before, and it runs the digest.
 */
export async function promotedBefore(
  { cluster, inputs }: Session,
  { history }: Ready,
  record: DeployRecord,
): Promise<number | undefined> {
  const newest = lastRevision(history);
  if (newest?.status !== "deployed" || newest.revision <= (record.previousRevision ?? 0)) return undefined;
  const manifest = await cluster.helm.getManifest(inputs.release, inputs.namespace, newest.revision);
  const images = imagesOf(manifestObjects(await parseManifest(manifest)));
  return images.some((image) => image.endsWith(`@${record.digest}`)) ? newest.revision : undefined;
}
