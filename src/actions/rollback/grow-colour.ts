import { OutsideError } from "../../core/errors.ts";
import { wantedCounts } from "../../domain/release/colour-counts.ts";
import { manifestObjects, workloadObjects } from "../../domain/release/manifest.ts";
import { scaleTo } from "../../platform/replicas.ts";
import { readRolloutView, watchedKinds } from "../../platform/rollout-watch.ts";
import { parseManifest } from "../../platform/yaml.ts";
import type { Way } from "./check-way.ts";
import type { Done, Journal } from "./journal.ts";
import { waitUntilRestored } from "./restore.ts";
import type { Parts } from "./world.ts";

const reserveMs = 15_000;

/** Gives a colour that was brought back as many pods as the one has that serves now: it takes all its traffic at once. */
export async function growColour(
  parts: Parts,
  journal: Journal,
  { way, left }: { readonly way: Way; readonly left: string | undefined },
): Promise<Done<number>> {
  const { helm, kubectl, namespace } = parts.cluster;
  const serving =
    left === undefined
      ? undefined
      : {
          release: left,
          objects: manifestObjects(await parseManifest(await helm.getManifest(left, namespace))),
        };
  const kinds = watchedKinds(workloadObjects(way.objects).map(({ kind }) => kind)).filter((kind) =>
    /^(deployments|statefulsets|daemonsets)/.test(kind),
  );
  const { workloads } = await readRolloutView(kubectl, namespace, kinds);
  const counts = wantedCounts({ release: way.release, objects: way.objects }, serving, workloads);
  const short = counts.filter(({ kind, name, replicas }) => {
    const live = workloads.find((one) => one.kind === kind && one.name === name);
    return kind !== "DaemonSet" && live !== undefined && live.wanted < replicas;
  });
  for (const { kind, name, replicas } of short)
    if (kind !== "DaemonSet") await scaleTo(kubectl, namespace, { kind, name, count: replicas });
  const restoration = await waitUntilRestored(parts, way.objects, () => journal.leftMs() - reserveMs);
  if (restoration.kind === "waiting")
    throw new OutsideError(
      `Release ${way.release} was brought back, but is not ready: ${restoration.reason}`,
    );
  return { value: restoration.pods, sentence: `${restoration.pods} pods of ${way.release} are ready` };
}
