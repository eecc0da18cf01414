import { messageOf, OutsideError } from "../../core/errors.ts";
import { at, isRecord } from "../../core/json.ts";
import { type ImageReference, parseReference } from "../../domain/image/reference.ts";
import {
  imagesOf,
  type ManifestObject,
  manifestObjects,
  workloadObjects,
} from "../../domain/release/manifest.ts";
import { judgeRestored, type Restoration, type RestoredWorkload } from "../../domain/rollback/restored.ts";
import type { RollbackTarget } from "../../domain/rollback/target.ts";
import type { Cluster } from "../../platform/cluster-access.ts";
import type { Registry } from "../../platform/registry.ts";
import { describeFailure } from "../../platform/shell.ts";
import { parseManifest } from "../../platform/yaml.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Done, Journal } from "./journal.ts";
import type { Parts } from "./world.ts";

/** The revision that is about to be returned to. */
export interface Way {
  readonly target: RollbackTarget;
  readonly objects: readonly ManifestObject[];
  readonly images: readonly string[];
}

/** The stable release after it was returned. */
export interface Restored {
  readonly revision: number;
  readonly isVerified: boolean;
  readonly pods: number;
  readonly digests: readonly string[];
  readonly seconds: number;
}

/** Looks at the way back before it is gone: what the revision holds, and whether its images can still be pulled. */
export async function checkWay(
  parts: Parts,
  journal: Journal,
  { release, target }: { readonly release: string; readonly target: RollbackTarget },
): Promise<Done<Way>> {
  const { helm, namespace } = parts.cluster;
  const objects = manifestObjects(
    await parseManifest(await helm.getManifest(release, namespace, target.revision)),
  );
  const images = imagesOf(workloadObjects(objects));
  const digest = target.record?.digest ?? "";
  if (digest !== "" && !images.some((image) => image.endsWith(digest))) {
    throw new OutsideError(
      `Cannot roll back ${release}: our record says revision ${target.revision} runs ${digest}, Helm says ${images.join(", ")}`,
    );
  }
  const main = images.find((image) => digest !== "" && image.endsWith(digest)) ?? images[0];
  if (main !== undefined) {
    const registry = await parts.registryFor(parseReference(main).registry);
    for (const image of images) await mustBeThere(registry, journal, image);
  }
  const sentence = `revision ${target.revision} is ${target.proof}, ${images.length} images looked up`;
  return { value: { target, objects, images }, sentence };
}

async function mustBeThere(registry: Registry, journal: Journal, image: string): Promise<void> {
  if (await isThere(registry, journal, parseReference(image))) return;
  throw new OutsideError(`Cannot roll back: image ${image} is not in its registry any more`);
}

/** A registry that gives no answer does not stop the way back: nodes keep the images they ran. */
async function isThere(registry: Registry, journal: Journal, reference: ImageReference): Promise<boolean> {
  try {
    return (await registry.resolve(reference)) !== undefined;
  } catch (error) {
    journal.notes.push(`Image not looked up: ${messageOf(error)}`);
    return true;
  }
}

// Kept back from Helm's time for the look at what runs, the record and the evidence.
const reserveMs = 15_000;
const leastMs = 5000;
const lookEveryMs = 500;

/** Returns the stable release to the revision, and waits until its pods run what the revision says. */
export async function restore(
  parts: Parts,
  journal: Journal,
  { inputs, way }: { readonly inputs: RollbackInputs; readonly way: Way },
): Promise<Done<Restored>> {
  const { helm, namespace } = parts.cluster;
  const { release } = inputs;
  const startedAt = parts.clock.now();
  const timeoutMs = Math.max(leastMs, journal.leftMs() - reserveMs);
  const ran = await helm.rollback(release, way.target.revision, namespace, { timeoutMs, signal: parts.late });
  if (ran.exitCode !== 0 || ran.timedOut) throw new OutsideError(describeFailure("helm", ["rollback"], ran));
  const restoration = inputs.verify ? await waitUntilRestored(parts, journal, way) : undefined;
  const revision = (await helm.history(release, namespace)).at(-1)?.revision ?? way.target.revision;
  const seconds = (parts.clock.now() - startedAt) / 1000;
  const base = { revision, seconds };
  if (restoration === undefined) {
    const value = { ...base, isVerified: false, pods: 0, digests: [] };
    return {
      value,
      sentence: `revision ${revision} is what revision ${way.target.revision} was; not verified`,
    };
  }
  const { pods, digests } = restoration;
  const sentence = `revision ${revision} is what revision ${way.target.revision} was: ${pods} pods ready on ${digests.join(", ") || "images without a digest"}`;
  return { value: { ...base, isVerified: true, pods, digests }, sentence };
}

async function waitUntilRestored(
  { cluster, clock, late }: Parts,
  journal: Journal,
  way: Way,
): Promise<Restoration & { readonly kind: "restored" }> {
  for (;;) {
    const restoration = judgeRestored(await readWorkloads(cluster, way.objects));
    if (restoration.kind === "restored") return restoration;
    if (journal.leftMs() < lookEveryMs) {
      throw new OutsideError(
        `Revision ${way.target.revision} was restored, but not seen running: ${restoration.reason}`,
      );
    }
    await clock.sleep(lookEveryMs, late);
  }
}

async function readWorkloads(
  { kubectl, namespace }: Cluster,
  objects: readonly ManifestObject[],
): Promise<readonly RestoredWorkload[]> {
  return Promise.all(
    workloadObjects(objects).map(async (wanted) => {
      const place = wanted.namespace === "" ? namespace : wanted.namespace;
      const live = await kubectl.get(`${wanted.kind.toLowerCase()}s.apps`, wanted.name, place);
      const labels = at(live, "spec", "selector", "matchLabels");
      if (!isRecord(labels)) return { wanted, live, pods: [] };
      const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      return { wanted, live, pods: await kubectl.list("pods", place, selector.join(",")) };
    }),
  );
}
