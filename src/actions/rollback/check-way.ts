import { messageOf } from "../../core/errors.ts";
import { textAt } from "../../core/json.ts";
import { parseReference } from "../../domain/image/reference.ts";
import { immutableChanges } from "../../domain/release/immutable.ts";
import {
  imagesOf,
  type ManifestObject,
  manifestObjects,
  manifestText,
  workloadObjects,
} from "../../domain/release/manifest.ts";
import { disagreement, type HelmsWord } from "../../domain/rollback/obstacles.ts";
import { parseServedKinds, unservedKinds } from "../../domain/rollback/served.ts";
import type { RollbackTarget } from "../../domain/rollback/target.ts";
import { sha256Of } from "../../platform/chart.ts";
import { errorOf } from "../../platform/kubectl-errors.ts";
import { lastLines } from "../../platform/shell.ts";
import { parseManifest } from "../../platform/yaml.ts";
import { CheckFailed, type Checklist } from "./checklist.ts";
import type { Parts } from "./world.ts";

/** The revision that is about to be returned to. */
export interface Way {
  readonly target: RollbackTarget;
  /** The Helm release that is returned to it. */
  readonly release: string;
  readonly objects: readonly ManifestObject[];
  readonly images: readonly string[];
  /** What serves now, hooks included, to be compared. */
  readonly current: readonly ManifestObject[];
}

/** What the revision holds, as Helm kept it. */
export async function readWay(
  { cluster }: Parts,
  { release, target, from }: { release: string; target: RollbackTarget; from: number | undefined },
): Promise<Way> {
  const { helm, namespace } = cluster;
  const read = async (revision: number) =>
    manifestObjects(await parseManifest(await helm.getManifest(release, namespace, revision)));
  const hooks = async (revision: number) =>
    manifestObjects(await parseManifest(await helm.getHooks(release, namespace, revision)));
  // What is left is only compared and told: where it cannot be read, the way back is not worse.
  const [objects, current, left] = await Promise.all([
    read(target.revision),
    from === undefined ? [] : read(from).catch(() => []),
    from === undefined ? [] : hooks(from).catch(() => []),
  ]);
  return {
    target,
    release,
    objects,
    current: [...current, ...left],
    images: imagesOf(workloadObjects(objects)),
  };
}

/** Looks at the way back before anything is touched. Sentences are what speaks against it. */
export async function checkWay(
  parts: Parts,
  checklist: Checklist,
  { way, allowUnverified }: { readonly way: Way; readonly allowUnverified: boolean },
): Promise<readonly string[]> {
  const found = await Promise.all([
    allowUnverified ? undefined : checklist.make("record", () => checkRecord(parts, way)),
    checklist.make("images", () => checkImages(parts, way)),
    checklist.make("kinds", () => checkKinds(parts, way)),
    checklist.make("dry run", () => checkDryRun(parts, way)),
  ]);
  return found.filter((one) => one !== undefined);
}

async function checkRecord({ cluster }: Parts, { release, target, objects, images }: Way): Promise<string> {
  const { helm, kubectl, namespace } = cluster;
  const { record, revision, proof } = target;
  if (record === undefined) return `revision ${revision} is ${proof}`;
  const { digest } = record;
  if (digest !== "" && !images.some((image) => image.endsWith(digest)))
    throw new CheckFailed(
      `Cannot roll back ${release}: our record says revision ${revision} runs ${digest}, Helm says ${images.join(", ")}`,
    );
  const known = sha256Of(manifestText(objects));
  const secret = `sh.helm.release.v1.${release}.v${revision}`;
  // Hooks are part of what was rendered, and no part of what Helm calls the manifest.
  const word = async (): Promise<HelmsWord> => {
    const [hooks, kept] = await Promise.all([
      helm.getHooks(release, namespace, revision),
      kubectl.get("secret", secret, namespace),
    ]);
    const all = [...objects, ...manifestObjects(await parseManifest(hooks))];
    return {
      manifestDigests: [known, sha256Of(manifestText(all))],
      record: textAt(kept, "metadata", "labels", "sluice-record"),
    };
  };
  const said =
    disagreement(record, { manifestDigests: [known], record: undefined }) === undefined
      ? undefined
      : disagreement(record, await word());
  if (said === undefined) return `revision ${revision} is ${proof} by record ${record.id}, and Helm agrees`;
  throw new CheckFailed(`Cannot roll back ${release}: ${said}`);
}

async function checkImages(parts: Parts, { target, images }: Way): Promise<string> {
  const digest = target.record?.digest ?? "";
  const main = images.find((image) => digest !== "" && image.endsWith(digest)) ?? images[0];
  if (main === undefined) return "the revision names no image";
  const registry = await parts.registryFor(parseReference(main).registry);
  const looked = await Promise.all(
    images.map(async (image) => {
      try {
        const found = await registry.resolve(parseReference(image));
        return { image, state: found === undefined ? "gone" : "there" };
      } catch (error) {
        // A registry that gives no answer does not stop the way back: nodes keep the images they ran.
        return { image, state: messageOf(error) };
      }
    }),
  );
  const gone = looked.find(({ state }) => state === "gone");
  if (gone !== undefined)
    throw new CheckFailed(`Cannot roll back: image ${gone.image} is not in its registry any more`);
  const unknown = looked.filter(({ state }) => state !== "there");
  const silent = unknown.map(({ state }) => `; not looked up: ${state}`).join("");
  return `${looked.length - unknown.length} of ${looked.length} images are in their registry${silent}`;
}

async function checkKinds({ cluster }: Parts, { release, objects, current }: Way): Promise<string> {
  const args = ["api-resources", "--no-headers"];
  const ran = await cluster.kubectl.run(args);
  const [missing] = unservedKinds([...objects, ...current], parseServedKinds(ran.stdout));
  // One API that is out makes the table short, and then a missing row says nothing.
  if (ran.exitCode !== 0 || ran.timedOut) throw errorOf(args, ran);
  if (missing !== undefined) throw new CheckFailed(`Cannot roll back ${release}: ${missing}`);
  return `all ${objects.length} objects are of kinds that the cluster serves`;
}

const dryRunMs = 60_000;

async function checkDryRun({ cluster }: Parts, { release, objects, current }: Way): Promise<string> {
  const [frozen] = immutableChanges(current, objects);
  if (frozen !== undefined) throw new CheckFailed(`Cannot roll back ${release}: ${frozen}`);
  const items = objects.filter(({ isHook }) => !isHook).map(({ body }) => body);
  const args = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "--field-manager=helm"];
  const ran = await cluster.kubectl.run([...args, "-n", cluster.namespace, "-f", "-", "-o", "name"], {
    stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    timeoutMs: dryRunMs,
  });
  if (ran.exitCode === 0 && !ran.timedOut) return "the cluster would take the whole manifest";
  throw new CheckFailed(`Cannot roll back ${release}: the cluster would refuse it: ${lastLines(ran.stderr)}`);
}
