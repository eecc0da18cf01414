import { ConfigError, OutsideError } from "../core/errors.ts";
import { addressesOf, slicesOf } from "../domain/traffic/endpoints.ts";
import {
  countPods,
  describeShare,
  type PodCounts,
  podShare,
  podTarget,
  scalerProblems,
  shareOut,
  shareProblems,
  type Workload,
  workloadsOf,
} from "../domain/traffic/replicas.ts";
import { nameRoute, type ReplicasTraffic } from "../domain/traffic/traffic.ts";
import { mustBeWeight } from "../domain/traffic/weight.ts";
import { errorOf, ForbiddenError } from "./kubectl-errors.ts";
import type { TrafficSwitch } from "./traffic.ts";
import {
  type Deadline,
  deadlineOf,
  isOver,
  mustBeAtHome,
  type Place,
  pause,
  readRoute,
} from "./traffic-object.ts";

type ReplicasPlace = Place<ReplicasTraffic>;

// Pods are started and become ready in this time.
const scalingBudgetMs = 120_000;

/** Shares by numbers of pods behind one Service. The stable version is never scaled: the way home is always open. */
export function replicasSwitch(place: ReplicasPlace): TrafficSwitch {
  const { traffic } = place;
  return {
    readWeight: async () => {
      mustBeAtHome(place);
      await readRoute(place);
      return podShare(await readCounts(place));
    },
    setWeight: async (percent, limits = {}) => {
      const until = deadlineOf(limits, scalingBudgetMs);
      mustBeAtHome(place);
      mustBeWeight(percent);
      const front = await readRoute(place);
      if (percent > 0) await mustBeScalable(place, front, percent);
      const counts = await scaleTo(place, percent, until);
      return { percent: podShare(counts), sentence: describeShare(traffic, percent, counts) };
    },
    problems: async (...percents) => {
      mustBeAtHome(place);
      await readRoute(place);
      const { others } = await readCounts(place);
      return shareProblems(traffic, percents, others);
    },
  };
}

/** Scales until what is ready is what is wanted. Counted anew at every look, as autoscalers move the stable version. */
async function scaleTo(
  place: ReplicasPlace,
  percent: number,
  { deadline, signal }: Deadline,
): Promise<PodCounts> {
  const { traffic } = place;
  for (;;) {
    const [counts, workloads] = await Promise.all([readCounts(place), readWorkloads(place)]);
    const target = podTarget(traffic, percent, counts.others);
    if (target.kind === "impossible") throw new ConfigError(target.reason);
    const wanted = shareOut(target.count, workloads);
    const isScaled = workloads.every(({ replicas }, index) => replicas === wanted[index]);
    if (isScaled && counts.candidate === target.count) return counts;
    if (!isScaled) await Promise.all(workloads.map((one, index) => scale(place, one, wanted[index] ?? 0)));
    if (isOver(deadline)) {
      throw new OutsideError(
        `${nameRoute(traffic)} was to have ${target.count} ready ${target.count === 1 ? "pod" : "pods"} of ${traffic.candidate.service} and has ${counts.candidate}`,
      );
    }
    await pause(signal);
  }
}

async function scale(place: ReplicasPlace, workload: Workload, replicas: number): Promise<void> {
  if (workload.replicas === replicas) return;
  const guard = `--current-replicas=${workload.replicas}`;
  const args = ["scale", workload.resource, "-n", place.namespace, `--replicas=${replicas}`, guard];
  const ran = await place.cluster.run(args);
  // Somebody else scaled it meanwhile: the next look counts anew.
  if (ran.exitCode === 0 || /Expected replicas to be/.test(ran.stderr)) return;
  throw errorOf(args, ran);
}

async function mustBeScalable(place: ReplicasPlace, front: unknown, percent: number): Promise<void> {
  const { cluster, traffic, namespace } = place;
  const workloads = await readWorkloads(place);
  if (workloads.length === 0) {
    throw new OutsideError(
      `Weight ${percent} was not set: no Deployment or StatefulSet has the pods of Service ${traffic.candidate.service}`,
    );
  }
  const [problem] = scalerProblems(workloads, await cluster.list("horizontalpodautoscalers", namespace));
  if (problem !== undefined) throw new ConfigError(problem);
  for (const { kind, name, resource } of workloads) {
    const plural = resource.split("/")[0] ?? "";
    const object = await cluster.get(plural, name, namespace);
    if (workloadsOf(front, plural, [object]).length > 0) continue;
    throw new ConfigError(
      `${nameRoute(traffic)} does not select the pods of ${kind} ${name}: they get no share`,
    );
  }
}

async function readCounts({ cluster, traffic, namespace }: ReplicasPlace): Promise<PodCounts> {
  const [front, candidate] = await Promise.all(
    [traffic.route.name, traffic.candidate.service].map((name) =>
      cluster.list("endpointslices", namespace, slicesOf(name)),
    ),
  );
  return countPods(addressesOf(front ?? [], "ready"), addressesOf(candidate ?? [], "ready"));
}

async function readWorkloads({ cluster, traffic, namespace }: ReplicasPlace): Promise<readonly Workload[]> {
  const service = await cluster.get("services", traffic.candidate.service, namespace);
  if (service === undefined) return [];
  const deployments = workloadsOf(service, "deployments", await cluster.list("deployments", namespace));
  if (deployments.length > 0) return deployments;
  const statefulSets = await cluster.list("statefulsets", namespace).catch((error: unknown) => {
    // Who may not look at any runs none.
    if (error instanceof ForbiddenError) return [];
    throw error;
  });
  return workloadsOf(service, "statefulsets", statefulSets);
}
