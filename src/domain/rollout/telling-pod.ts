import type { ContainerFacts, PodFacts } from "./objects.ts";
import { oneLine } from "./one-line.ts";
import type { FailureReason, Signal } from "./signal.ts";
import {
  type Baseline,
  isBlameable,
  isNewEvent,
  newestPods,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "./view.ts";

/** What a failed rollout is known by. */
export interface FailedRollout {
  readonly reason: FailureReason;
  readonly signal?: Signal;
  readonly view: RolloutView;
  readonly scope: RolloutScope;
  /** Absent where everything seen is of the new version. */
  readonly baseline?: Baseline;
}

/** The pod that tells most: the one the verdict names, else the first that failed, else the first that is not ready. */
export function tellingPod(failed: FailedRollout): PodFacts | undefined {
  const { signal, reason, view, scope } = failed;
  const named = view.pods.find(({ name }) => name === signal?.pod);
  if (named !== undefined) return named;
  const ofHooks = hookPods(failed);
  if (reason === "hook") return ofHooks.findLast(hasFailed) ?? ofHooks.at(-1);
  const fresh = workloadsOf(view, scope)
    .flatMap((workload) => newestPods(workload, view))
    .filter(isBlameable);
  const late = fresh.filter((pod) => !pod.isReady);
  return late.find(hasFailed) ?? late[0] ?? ofHooks.find((pod) => pod.phase !== "Succeeded");
}

type Seen = Pick<FailedRollout, "view" | "scope" | "baseline">;

/** The pods of hooks that were started by this deploy. */
function hookPods({ view, scope, baseline }: Seen): readonly PodFacts[] {
  return view.pods.filter(
    (pod) =>
      pod.ownerKind === "Job" &&
      scope.hookJobs.includes(pod.ownerName) &&
      baseline?.pods.has(pod.uid) !== true,
  );
}

/** Those that have failed. A chart may have them removed as soon as their job has ended. */
export function failedHookPods(seen: Seen): readonly PodFacts[] {
  return hookPods(seen).filter(hasFailed);
}

function hasFailed(pod: PodFacts): boolean {
  const hasEnded = ({ ended }: ContainerFacts) => ended !== undefined && ended.exitCode !== 0;
  return pod.phase === "Failed" || pod.containers.some((one) => hasEnded(one));
}

export interface TellingLog {
  readonly container: string;
  /** The log of the life before this one. */
  readonly previous: boolean;
}

/** The logs of the pod that may tell why, the one that the verdict names first. A pod without a node has none. */
export function tellingLogs(pod: PodFacts, signal: Signal | undefined): readonly TellingLog[] {
  if (pod.node === "") return [];
  const named = pod.containers.filter(({ name }) => name === signal?.container);
  const failed = pod.containers.filter(
    ({ isInit, isReady, ended }) => (isInit && (ended?.exitCode ?? 0) !== 0) || (!isInit && !isReady),
  );
  return [...new Set([...named, ...failed])]
    .filter(({ ended, waiting }) => ended !== undefined || waiting === undefined)
    .map((container) => ({
      container: container.name,
      // A container that waits for its next life, or has just begun one, has nothing to say but in the one before.
      previous:
        container.hasRunBefore && (container.waiting !== undefined || hasBegunAnew(container, signal)),
    }));
}

function hasBegunAnew({ name, isRunning }: ContainerFacts, signal: Signal | undefined): boolean {
  return isRunning && signal?.reason === "crash" && signal.container === name;
}

// What a runtime prints after an error (its version, a closing brace) explains nothing.
/** The line of a log that explains most. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const spoken = lines.map((line) => line.trim()).filter((line) => line !== "");
  const error = spoken.findLast((line) => /\b\w*(error|exception|fatal|panic|failed|cannot)\b/i.test(line));
  return (error ?? spoken.at(-1))?.slice(0, 300);
}

const shownEvents = 12;
// Said without alarm, and yet what explains.
const tellingNormal = /^(Killing|TriggeredScaleUp|NotTriggerScaleUp|Nominated|ScalingReplicaSet)$/;

/** Events of the workloads, of their ReplicaSets and hooks, and of one pod, in this order. */
export function tellingEvents(
  { view, scope, baseline }: FailedRollout,
  pod: PodFacts | undefined,
): readonly string[] {
  const workloads = workloadsOf(view, scope).map(({ uid }) => uid);
  const sets = view.replicaSets.filter(({ ownerUid }) => workloads.includes(ownerUid)).map(({ uid }) => uid);
  const hooks = view.jobs.filter(({ name }) => scope.hookJobs.includes(name)).map(({ uid }) => uid);
  const order = [...workloads, ...sets, ...hooks, ...(pod === undefined ? [] : [pod.uid])];
  return view.events
    .filter(({ uid }) => order.includes(uid))
    .filter(({ type, reason }) => type !== "Normal" || tellingNormal.test(reason))
    .filter((event) => baseline === undefined || isNewEvent(event, baseline))
    .slice(-shownEvents)
    .toSorted((a, b) => order.indexOf(a.uid) - order.indexOf(b.uid))
    .map(({ kind, name, reason, message }) => `${kind} ${name}: ${reason}: ${oneLine(message)}`);
}

/** The conditions of the workloads and of one pod, as rows of a table. */
export function conditionRows(
  { view, scope }: FailedRollout,
  pod: PodFacts | undefined,
): readonly (readonly [string, string, string, string])[] {
  const objects = [
    ...workloadsOf(view, scope).map((one) => ({
      of: `${one.kind} ${one.name}`,
      conditions: one.conditions,
    })),
    ...(pod === undefined ? [] : [{ of: `Pod ${pod.name}`, conditions: pod.conditions }]),
  ];
  return objects.flatMap(({ of, conditions }) =>
    conditions.map(({ type, status, reason, message }) => {
      const said = [reason, oneLine(message)].filter((text) => text !== "").join(": ");
      return [of, type, status, said] as const;
    }),
  );
}
