import { listAt, numberAt, textAt } from "../../core/json.ts";
import { identityOf, labelOf, type ManifestObject } from "../../domain/release/manifest.ts";
import { servingServices } from "../../domain/rollback/services.ts";
import type { Cluster } from "../../platform/cluster-access.ts";
import { readRestored } from "../../platform/restore-revision.ts";
import { CheckFailed, type Checklist } from "./checklist.ts";
import type { Journal } from "./journal.ts";
import { waitUntilRestored } from "./restore.ts";
import type { TrafficHome } from "./traffic-home.ts";
import { endpointsOf, type Parts } from "./world.ts";

/** What serves when the rollback has done its work. */
export interface Serving {
  readonly objects: readonly ManifestObject[];
  /** The Services that must have somebody to answer; empty takes those of the manifest. */
  readonly services: readonly string[];
  /** What the revision that was left had, to be compared. */
  readonly left: readonly ManifestObject[];
  /** Undefined where no weight was involved. */
  readonly home: TrafficHome | undefined;
  readonly hasTraffic: boolean;
  readonly verify: boolean;
}

/** What was seen of the pods. */
export interface Proven {
  readonly pods: number;
  readonly digests: readonly string[];
}

/** Looks at what serves now, check by check. */
export async function verify(
  parts: Parts,
  journal: Journal,
  { checklist, serving }: { readonly checklist: Checklist; readonly serving: Serving },
): Promise<Proven | undefined> {
  const problems: (string | undefined)[] = [];
  let proven: Proven | undefined;
  problems.push(await checklist.make("traffic", async () => checkTraffic(serving)));
  const pods = async () => {
    proven = await provePods(parts, journal, serving);
    return `${proven.pods} pods are ready on ${proven.digests.join(", ") || "images without a digest"}`;
  };
  if (!serving.verify && checklist.wants("pods"))
    checklist.add({ name: "pods", result: "not made", sentence: "verify is false" });
  const looked = await Promise.all([
    serving.verify ? checklist.make("pods", pods) : undefined,
    checklist.make("endpoints", () => checkEndpoints(parts, journal, serving)),
  ]);
  problems.push(...looked);
  problems.push(await checklist.make("leftovers", () => checkLeftovers(parts.cluster, serving)));
  problems.push(await checklist.make("steadiness", () => checkSteadiness(parts, serving)));
  journal.problems.push(...problems.filter((one) => one !== undefined));
  return proven;
}

function checkTraffic({ home, hasTraffic }: Serving): string {
  if (!hasTraffic) return "no weight was involved";
  if (home === undefined) throw new CheckFailed("Traffic is not proven to be home");
  return home.sentence;
}

async function provePods(parts: Parts, journal: Journal, { objects }: Serving): Promise<Proven> {
  const restoration = await waitUntilRestored(parts, objects, () => journal.leftMs());
  if (restoration.kind === "waiting")
    throw new CheckFailed(`What was returned to is not seen running: ${restoration.reason}`);
  return restoration;
}

const endpointsMs = 30_000;
const lookEveryMs = 500;

async function checkEndpoints(
  { cluster, clock, late }: Parts,
  journal: Journal,
  { services, objects }: Serving,
): Promise<string> {
  const names = services.length > 0 ? services : servingServices(objects);
  if (names.length === 0) return "no Service stands in front of it";
  const deadline = clock.now() + Math.min(endpointsMs, journal.leftMs());
  for (;;) {
    const counts = await Promise.all(
      names.map(async (name) => ({ name, ...(await endpointsOf(cluster, name)) })),
    );
    const empty = counts.find(({ ready }) => ready === 0);
    const said = counts.map(({ name, ready }) => `${name} has ${ready} ready endpoints`).join(", ");
    if (empty === undefined) return said;
    if (clock.now() + lookEveryMs > deadline)
      throw new CheckFailed(`Service ${empty.name} has no ready endpoint`);
    await clock.sleep(lookEveryMs, late);
  }
}

async function checkLeftovers({ kubectl, namespace }: Cluster, { left, objects }: Serving): Promise<string> {
  const wanted = new Set(objects.map(identityOf));
  const extra = left.filter((one) => !one.isHook && !wanted.has(identityOf(one)));
  const there = await Promise.all(
    extra.map(async (one) => {
      const place = one.namespace === "" ? namespace : one.namespace;
      const found = await kubectl.get(kindOf(one), one.name, place);
      const isGoing = textAt(found, "metadata", "deletionTimestamp") !== undefined;
      return found === undefined || isGoing ? [] : [labelOf(one)];
    }),
  );
  const names = there.flat();
  if (names.length > 0) throw new CheckFailed(`Left over from what was undone: ${names.join(", ")}`);
  return `nothing is left of ${extra.length} objects that only the undone version had`;
}

/** The kind as kubectl is asked for it, free of clashes with other groups. */
function kindOf({ kind, apiVersion }: ManifestObject): string {
  const [group, version] = apiVersion.split("/");
  return version === undefined ? kind : `${kind}.${version}.${group}`;
}

const steadyMs = 15_000;

async function checkSteadiness({ cluster, clock, late }: Parts, { objects }: Serving): Promise<string> {
  const before = await restartsOf(cluster, objects);
  await clock.sleep(steadyMs, late);
  const after = await restartsOf(cluster, objects);
  if (after > before)
    throw new CheckFailed(
      `What was returned to is not steady: ${after - before} restarts in ${steadyMs / 1000} s`,
    );
  return `no restart in ${steadyMs / 1000} s`;
}

async function restartsOf(cluster: Cluster, objects: readonly ManifestObject[]): Promise<number> {
  const workloads = await readRestored(cluster, objects);
  const statuses = workloads.flatMap(({ pods }) =>
    pods.flatMap((pod) => listAt(pod, "status", "containerStatuses")),
  );
  return statuses.reduce<number>((sum, one) => sum + (numberAt(one, "restartCount") ?? 0), 0);
}
