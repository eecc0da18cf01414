import type { PodFacts, WorkloadFacts } from "./objects.ts";
import { podSignals } from "./pod-signals.ts";
import type { Signal } from "./signal.ts";
import {
  type Baseline,
  containerKey,
  isBlameable,
  isChanged,
  isNewEvent,
  newestPods,
  newestReplicaSet,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "./view.ts";

/** What earlier looks have seen: when each trouble began, and when the rollout last came forward. */
export interface RolloutMemory {
  readonly firstSeen: ReadonlyMap<string, number>;
  readonly ready: number;
  readonly progressAt: number;
}

export type RolloutVerdict =
  /** Counts are of the workloads that the deploy has changed so far. */
  | { readonly kind: "progressing"; readonly ready: number; readonly wanted: number }
  | { readonly kind: "doomed"; readonly signal: Signal };

export interface Look {
  readonly view: RolloutView;
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
  readonly now: number;
}

export function startMemory(now: number): RolloutMemory {
  return { firstSeen: new Map(), ready: 0, progressAt: now };
}

// One pod of many may be unlucky with its node: it dooms the rollout only when nothing else comes forward either.
const lonelyPodGraceMs = 30_000;

/** One look at the rollout: the verdict, and what the next look must know. No clock but `now`. */
export function judgeRollout(
  memory: RolloutMemory,
  look: Look,
): { readonly verdict: RolloutVerdict; readonly memory: RolloutMemory } {
  const workloads = workloadsOf(look.view, look.scope);
  const groups = workloads.map((workload) => groupOf(workload, look));
  const hooks = hookSignals(look);
  const all = [
    ...hooks,
    ...groups.flatMap(({ signals, ownSignals }) => [...signals.values(), ownSignals].flat()),
  ];
  const ready = groups.reduce(
    (sum, { isNew, pods }) => sum + (isNew ? pods.filter((pod) => pod.isReady).length : 0),
    0,
  );
  const next: RolloutMemory = {
    firstSeen: new Map(all.map(({ key }) => [key, memory.firstSeen.get(key) ?? look.now])),
    ready,
    progressAt: ready > memory.ready ? look.now : memory.progressAt,
  };
  const doom = hooks.find((one) => isDue(one, next, look.now)) ?? firstDoom(groups, next, look.now);
  if (doom !== undefined) return { memory: next, verdict: { kind: "doomed", signal: doom } };
  const wanted = groups.reduce((sum, { isNew, workload }) => sum + (isNew ? workload.wanted : 0), 0);
  return { memory: next, verdict: { kind: "progressing", ready, wanted } };
}

interface Group {
  /** The deploy has changed it. */
  readonly isNew: boolean;
  readonly workload: WorkloadFacts;
  readonly pods: readonly PodFacts[];
  readonly signals: ReadonlyMap<string, readonly Signal[]>;
  readonly ownSignals: readonly Signal[];
}

function groupOf(workload: WorkloadFacts, look: Look): Group {
  const isNew = isChanged(workload, look.baseline);
  const pods = newestPods(workload, look.view).filter(isBlameable);
  // While a hook still works on what the old pods need, their crashes are expected.
  const isHookActive = look.view.jobs.some((job) => job.isActive && look.scope.hookJobs.includes(job.name));
  const judged = isNew || !isHookActive ? pods : [];
  const signals = new Map(judged.map((pod) => [pod.uid, signalsOfPod(pod, look, isNew)]));
  return { isNew, workload, pods, signals, ownSignals: isNew ? workloadSignals(workload, look) : [] };
}

function signalsOfPod(pod: PodFacts, look: Look, isNew: boolean): readonly Signal[] {
  const wasThere = look.baseline.pods.has(pod.uid);
  const signals = podSignals({
    pod,
    events: look.view.events.filter((event) => event.uid === pod.uid && isNewEvent(event, look.baseline)),
    restartsBefore: (container) => look.baseline.restarts.get(containerKey(pod, container)) ?? 0,
  });
  // A pod from before the deploy is blamed for crashing anew only: its other troubles are older than this version.
  return wasThere || !isNew ? signals.filter(({ reason }) => reason === "crash") : signals;
}

const quotaGraceMs = 30_000;
const deniedGraceMs = 2_000;

function workloadSignals(workload: WorkloadFacts, look: Look): readonly Signal[] {
  const name = `${workload.kind} ${workload.name}`;
  const deadline = workload.conditions.find(
    ({ type, status, reason }) =>
      type === "Progressing" && status === "False" && reason === "ProgressDeadlineExceeded",
  );
  const late: readonly Signal[] =
    deadline === undefined
      ? []
      : [
          {
            key: `${workload.uid}/deadline`,
            reason: "deadline",
            text: `${name}: ${deadline.message}`,
            graceMs: 0,
          },
        ];
  const denied = deniedMessage(workload, look);
  if (denied === undefined) return late;
  // Quota may come free when pods that are ending have ended.
  const isEnding = look.view.pods.some((pod) => pod.isTerminating);
  const graceMs = isEnding ? quotaGraceMs : deniedGraceMs;
  return [
    ...late,
    { key: `${workload.uid}/denied`, reason: "quota", text: `${name} cannot make pods: ${denied}`, graceMs },
  ];
}

// No pod exists in this case, so whoever watches pods alone sees nothing.
function deniedMessage(workload: WorkloadFacts, { view, baseline }: Look): string | undefined {
  if (workload.kind === "Deployment") {
    const conditions = newestReplicaSet(workload, view)?.conditions ?? [];
    return conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True")?.message;
  }
  const pods = newestPods(workload, view);
  const event = view.events.findLast(
    (one) => one.uid === workload.uid && one.reason === "FailedCreate" && isNewEvent(one, baseline),
  );
  return pods.length === 0 ? event?.message : undefined;
}

// Helm reads the end of a hook's job itself; it does not read why the job's pod never starts.
function hookSignals(look: Look): readonly Signal[] {
  const pods = look.view.pods.filter(
    (pod) =>
      pod.ownerKind === "Job" &&
      look.scope.hookJobs.includes(pod.ownerName) &&
      !look.baseline.pods.has(pod.uid) &&
      isBlameable(pod),
  );
  return pods
    .flatMap((pod) => signalsOfPod(pod, look, true))
    .filter(({ reason }) => reason !== "crash")
    .map((one) => ({ ...one, text: `hook: ${one.text}` }));
}

function isDue(signal: Signal, memory: RolloutMemory, now: number): boolean {
  return now - (memory.firstSeen.get(signal.key) ?? now) >= signal.graceMs;
}

function firstDoom(groups: readonly Group[], memory: RolloutMemory, now: number): Signal | undefined {
  for (const group of groups) {
    const own = group.ownSignals.find((one) => isDue(one, memory, now));
    if (own !== undefined) return own;
    const doomed = group.pods.flatMap(
      (pod) => group.signals.get(pod.uid)?.find((one) => isDue(one, memory, now)) ?? [],
    );
    const [first] = doomed;
    if (first === undefined) continue;
    const lasted = doomed.some((one) => lastsWithoutProgress(one, memory, now));
    if (doomed.length === group.pods.length || lasted) {
      return { ...first, text: `${group.workload.kind} ${group.workload.name}: ${first.text}` };
    }
  }
  return undefined;
}

function lastsWithoutProgress(signal: Signal, memory: RolloutMemory, now: number): boolean {
  const since = Math.max(memory.firstSeen.get(signal.key) ?? now, memory.progressAt);
  return now - since >= signal.graceMs + lonelyPodGraceMs;
}
