import { OutsideError } from "../../core/errors.ts";
import type { ManifestObject } from "../../domain/release/manifest.ts";
import { judgeRestored, type Restoration } from "../../domain/rollback/restored.ts";
import { readRestored, restoreRevision } from "../../platform/restore-revision.ts";
import { describeFailure } from "../../platform/shell.ts";
import type { Way } from "./check-way.ts";
import type { Done, Journal } from "./journal.ts";
import type { Parts } from "./world.ts";

/** A release after it was returned. */
export interface Restored {
  readonly revision: number;
  readonly seconds: number;
}

// Kept back from Helm's time for the look at what runs, the record and the evidence.
const reserveMs = 15_000;
const leastMs = 5000;
const lookEveryMs = 500;

export interface Return {
  readonly way: Way;
  readonly stop: AbortSignal;
  readonly say: (line: string) => void;
}

/** Returns a release to the revision. Helm waits until its pods are ready. */
export async function restore(
  parts: Parts,
  journal: Journal,
  { way, stop, say }: Return,
): Promise<Done<Restored>> {
  const { helm, namespace } = parts.cluster;
  const { release, target, objects } = way;
  const startedAt = parts.clock.now();
  const timeoutMs = Math.max(leastMs, journal.leftMs() - reserveMs);
  const signal = AbortSignal.any([parts.late, stop]);
  const request = { release, revision: target.revision, objects, timeoutMs, signal, say };
  const { ran, notes } = await restoreRevision(parts.cluster, request);
  journal.notes.push(...notes);
  if (ran.exitCode !== 0 || ran.timedOut) throw new OutsideError(describeFailure("helm", ["rollback"], ran));
  const revision = (await helm.history(release, namespace)).at(-1)?.revision ?? target.revision;
  const value = { revision, seconds: (parts.clock.now() - startedAt) / 1000 };
  return { value, sentence: `revision ${revision} of ${release} is what revision ${target.revision} was` };
}

/** Waits until every pod of the manifest is ready and runs what the manifest says. */
export async function waitUntilRestored(
  { cluster, clock, late }: Parts,
  objects: readonly ManifestObject[],
  leftMs: () => number,
): Promise<Restoration> {
  for (;;) {
    const restoration = judgeRestored(await readRestored(cluster, objects));
    if (restoration.kind === "restored" || leftMs() < lookEveryMs) return restoration;
    await clock.sleep(lookEveryMs, late);
  }
}
