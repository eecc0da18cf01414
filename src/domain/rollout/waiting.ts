import { listAt, textAt } from "../../core/json.ts";
import { crashOf } from "./crash.ts";
import type { ContainerFacts, EventFacts, JobFacts, PodFacts } from "./objects.ts";
import { oneLine } from "./one-line.ts";
import {
  allPods,
  type Baseline,
  containerKey,
  isBlameable,
  isChanged,
  isNewEvent,
  isTemplateChanged,
  newestPods,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "./view.ts";
import type { WorkloadFacts } from "./workload.ts";

/** A rollout at a moment, and what it began with. */
export interface Waited {
  readonly view: RolloutView;
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
  /** PersistentVolumeClaims and Services of the namespace, where somebody has asked for them. */
  readonly others?: readonly unknown[];
}

/** What a rollout still waits for, one sentence each: the text of a timeout. */
export function waitingFor(waited: Waited): readonly string[] {
  const workloads = workloadsOf(waited.view, waited.scope);
  return [
    ...workloads.flatMap((one) => changedText(one, waited)),
    ...jobTexts(waited),
    ...claimTexts(waited),
    ...serviceTexts(waited),
    ...workloads.flatMap((one) => unchangedText(one, waited)),
  ];
}

/** Whether every pod that the deploy renews is there and ready. Helm is content with fewer: as many as may be unavailable. */
export function isSettled({ view, scope, baseline }: Waited): boolean {
  return workloadsOf(view, scope).every(
    (one) => one.observedGeneration >= one.generation && (!isChanged(one, baseline) || isRenewed(one, view)),
  );
}

/** How often containers of the new pods were restarted since the deploy began. */
export function newRestarts({ view, scope, baseline }: Waited): number {
  const pods = workloadsOf(view, scope)
    .filter((one) => isTemplateChanged(one, baseline))
    .flatMap((one) => newestPods(one, view));
  return pods
    .flatMap((pod) =>
      pod.containers.map(
        ({ name, restarts }) => restarts - (baseline.restarts.get(containerKey(pod, name)) ?? 0),
      ),
    )
    .reduce((sum, count) => sum + count, 0);
}

function isRenewed(workload: WorkloadFacts, view: RolloutView): boolean {
  if (workload.isPaused) return true;
  const ready = newestPods(workload, view).filter((pod) => pod.isReady && !pod.isTerminating).length;
  return ready >= workload.renewed && workload.updated >= workload.renewed;
}

function changedText(workload: WorkloadFacts, waited: Waited): readonly string[] {
  const { view, baseline } = waited;
  const name = `${workload.kind} ${workload.name}`;
  if (workload.observedGeneration < workload.generation)
    return [`${name} has not been looked at by its controller`];
  if (!isChanged(workload, baseline) || isRenewed(workload, view)) return [];
  const pods = newestPods(workload, view).filter(isBlameable);
  const ready = pods.filter((pod) => pod.isReady).length;
  return [`${name} has ${ready} of ${workload.renewed} new pods ready${whyText(pods, workload, waited)}`];
}

function unchangedText(workload: WorkloadFacts, waited: Waited): readonly string[] {
  if (workload.observedGeneration < workload.generation || isChanged(workload, waited.baseline)) return [];
  const name = `${workload.kind} ${workload.name}, which this deploy does not change,`;
  const newest = newestPods(workload, waited.view).filter(isBlameable);
  const ready = newest.filter((pod) => pod.isReady).length;
  // What an earlier deploy has left half done: Helm waits for it all the same.
  if (ready < workload.renewed)
    return [
      `${name} has ${ready} of ${workload.renewed} newest pods ready${whyText(newest, workload, waited)}`,
    ];
  if (workload.ready >= workload.wanted) return [];
  const pods = allPods(workload, waited.view).filter(isBlameable);
  return [`${name} has ${workload.ready} of ${workload.wanted} pods ready${whyText(pods, workload, waited)}`];
}

function whyText(pods: readonly PodFacts[], workload: WorkloadFacts, waited: Waited): string {
  const first = pods.find((pod) => !pod.isReady);
  if (first !== undefined) return `: pod ${first.name} ${whyNotReady(first, waited)}`;
  const ending = allPods(workload, waited.view).find((pod) => pod.isTerminating);
  return ending === undefined ? "" : `: pod ${ending.name} of the version before has not ended`;
}

function whyNotReady(pod: PodFacts, { view, baseline }: Waited): string {
  const events = view.events.filter((event) => event.uid === pod.uid && isNewEvent(event, baseline));
  const unplaced = pod.conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unplaced !== undefined) return `cannot be scheduled: ${oneLine(unplaced.message)}`;
  const waiting = pod.containers.find((one) => one.waiting !== undefined);
  if (waiting !== undefined && waiting.waiting?.reason !== "PodInitializing")
    return waitText(waiting, events);
  const probe = events.findLast(({ reason }) => reason === "Unhealthy");
  if (probe !== undefined) return `runs but is not ready: ${oneLine(probe.message)}`;
  const gate = pod.conditions.find(({ reason }) => reason === "ReadinessGatesNotReady");
  if (gate !== undefined) return `runs but is not ready: ${oneLine(gate.message)}`;
  return pod.phase === "Pending" ? "is pending" : "runs but is not ready";
}

function waitText(container: ContainerFacts, events: readonly EventFacts[]): string {
  const { reason = "", message = "" } = container.waiting ?? {};
  const crash = crashOf(container, 0, events);
  if (crash !== undefined) return `waits in container ${container.name}: ${reason}, ${crash.text}`;
  // Why a container is still being made stands in events alone, such as those of its volumes.
  const warning = events.findLast(({ type }) => type !== "Normal")?.message ?? "";
  const said = message === "" ? warning : message;
  return `waits in container ${container.name}: ${reason}${said === "" ? "" : ` (${oneLine(said)})`}`;
}

function jobTexts({ view, scope, baseline }: Waited): readonly string[] {
  const made = view.jobs.filter(({ uid }) => !baseline.jobs.has(uid));
  const hooks = made.filter(({ name }) => scope.hookJobs.includes(name));
  const jobs = made.filter(({ name }) => scope.jobs?.includes(name) === true);
  return [
    ...hooks.filter(({ isActive }) => isActive).map(({ name }) => `hook ${name} has not ended`),
    ...hooks.flatMap((one) => endText("hook", one)),
    ...jobs.flatMap((one) => endText("Job", one)),
  ];
}

function endText(what: string, { name, conditions }: JobFacts): readonly string[] {
  const end = conditions.find(({ type, status }) => type === "Failed" && status === "True");
  return end === undefined ? [] : [`${what} ${name} has failed: ${end.reason}: ${oneLine(end.message)}`];
}

function claimTexts({ view, scope, others = [] }: Waited): readonly string[] {
  const mounted = view.pods
    .filter((pod) => !pod.isReady && !pod.isTerminating)
    .flatMap(({ claims }) => claims);
  const names = new Set([...(scope.claims ?? []), ...mounted]);
  return others
    .filter((one) => textAt(one, "kind") === "PersistentVolumeClaim" && names.has(nameOf(one)))
    .filter((one) => textAt(one, "status", "phase") !== "Bound")
    .map((one) => `PersistentVolumeClaim ${nameOf(one)} is not bound${lastEvent(one, view)}`);
}

function serviceTexts({ view, scope, others = [] }: Waited): readonly string[] {
  return others
    .filter((one) => textAt(one, "kind") === "Service" && scope.loadBalancers?.includes(nameOf(one)) === true)
    .filter((one) => listAt(one, "status", "loadBalancer", "ingress").length === 0)
    .map((one) => `Service ${nameOf(one)} has no address of a load balancer${lastEvent(one, view)}`);
}

function lastEvent(object: unknown, { events }: RolloutView): string {
  const uid = textAt(object, "metadata", "uid");
  const last = events.findLast((event) => event.uid === uid);
  return last === undefined ? "" : `: ${oneLine(last.message)}`;
}

function nameOf(object: unknown): string {
  return textAt(object, "metadata", "name") ?? "";
}
