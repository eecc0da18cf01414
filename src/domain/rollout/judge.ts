import { denialSignal } from "./denial.ts";
import type { PodFacts } from "./objects.ts";
import { type Looked, podSignals, pullWords } from "./pod-signals.ts";
import type { Graces, Signal } from "./signal.ts";
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

/** What earlier looks have seen: when each trouble began, and when the rollout last came forward. */
export interface RolloutMemory {
  readonly firstSeen: ReadonlyMap<string, number>;
  /** The telling words on failed pulls, by pod uid and container name. */
  readonly heard: ReadonlyMap<string, string>;
  readonly ready: number;
  readonly progressAt: number;
  /** When pods of the release were last seen on their way out. */
  readonly endingAt?: number;
}

export type RolloutVerdict =
  /** Counts are of the workloads that the deploy has changed so far. */
  | { readonly kind: "progressing"; readonly ready: number; readonly wanted: number }
  | { readonly kind: "doomed"; readonly signal: Signal };

export interface Look {
  readonly view: RolloutView;
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
  readonly graces: Graces;
  readonly now: number;
}

export function startMemory(now: number): RolloutMemory {
  return { firstSeen: new Map(), heard: new Map(), ready: 0, progressAt: now };
}

// One pod of many may be unlucky with its node: it dooms the rollout only when nothing else comes forward either.
const lonelyPodGraceMs = 30_000;
// The use of a quota is counted anew only a while after pods have ended.
const quotaCountMs = 10_000;

/** One look at the rollout: the verdict, and what the next look must know. No clock but `now`. */
export function judgeRollout(
  memory: RolloutMemory,
  look: Look,
): { readonly verdict: RolloutVerdict; readonly memory: RolloutMemory } {
  const workloads = workloadsOf(look.view, look.scope);
  const isEnding = workloads.some((one) => allPods(one, look.view).some((pod) => pod.isTerminating));
  const endingAt = isEnding ? look.now : memory.endingAt;
  const known: RolloutMemory = { ...memory, ...(endingAt === undefined ? {} : { endingAt }) };
  const groups = workloads
    .filter((one) => isChanged(one, look.baseline))
    .map((one) => groupOf(one, look, known));
  const hooks = hookSignals(look, known);
  const all = [
    ...hooks,
    ...groups.flatMap(({ signals, ownSignals }) => [...signals.values(), ownSignals].flat()),
  ];
  const ready = groups.reduce((sum, { newest }) => sum + newest.filter((pod) => pod.isReady).length, 0);
  const next: RolloutMemory = {
    ...known,
    firstSeen: new Map(all.map(({ key }) => [key, memory.firstSeen.get(key) ?? look.now])),
    heard: heardBy(look, memory),
    ready,
    progressAt: ready > memory.ready ? look.now : memory.progressAt,
  };
  const doom = hooks.find((one) => isDue(one, next, look.now)) ?? firstDoom(groups, next, look.now);
  if (doom !== undefined) return { memory: next, verdict: { kind: "doomed", signal: doom } };
  const wanted = groups.reduce((sum, { workload }) => sum + workload.renewed, 0);
  return { memory: next, verdict: { kind: "progressing", ready, wanted } };
}

/** A workload that the deploy has changed. */
interface Group {
  readonly workload: WorkloadFacts;
  readonly newest: readonly PodFacts[];
  /** Of those, the pods that may be blamed on the deploy. */
  readonly pods: readonly PodFacts[];
  readonly signals: ReadonlyMap<string, readonly Signal[]>;
  readonly ownSignals: readonly Signal[];
}

function groupOf(workload: WorkloadFacts, look: Look, memory: RolloutMemory): Group {
  const newest = newestPods(workload, look.view);
  const isTemplateNew = isTemplateChanged(workload, look.baseline);
  // Without a new template only pods that were not there before are the deploy's doing: it has asked for more of them.
  const pods = newest.filter(
    (pod) => isBlameable(pod) && (isTemplateNew || !look.baseline.pods.has(pod.uid)),
  );
  const signals = new Map(pods.map((pod) => [pod.uid, signalsOfPod(pod, look, memory)]));
  return { workload, newest, pods, signals, ownSignals: workloadSignals(workload, look, memory) };
}

function signalsOfPod(pod: PodFacts, look: Look, memory: RolloutMemory): readonly Signal[] {
  const signals = podSignals(lookedAt(pod, look, memory));
  // A pod from before the deploy is blamed for crashing anew only: its other troubles are older than this version.
  return look.baseline.pods.has(pod.uid) ? signals.filter(({ reason }) => reason === "crash") : signals;
}

function lookedAt(pod: PodFacts, look: Look, memory: RolloutMemory): Looked {
  return {
    pod,
    events: look.view.events.filter((event) => event.uid === pod.uid && isNewEvent(event, look.baseline)),
    graces: look.graces,
    restartsBefore: (container) => look.baseline.restarts.get(containerKey(pod, container)) ?? 0,
    heard: (container) => memory.heard.get(containerKey(pod, container)),
    asksForSecrets: look.scope.asksForSecrets === true,
  };
}

function heardBy(look: Look, memory: RolloutMemory): ReadonlyMap<string, string> {
  const heard = look.view.pods.flatMap((pod) =>
    pod.containers.flatMap((container) => {
      const words = pullWords(container, lookedAt(pod, look, memory));
      return words === undefined ? [] : [[containerKey(pod, container.name), words] as const];
    }),
  );
  return new Map(heard);
}

function workloadSignals(workload: WorkloadFacts, look: Look, memory: RolloutMemory): readonly Signal[] {
  const paused = pausedSignal(workload, look);
  if (paused !== undefined) return [paused];
  const since = memory.firstSeen.get(`${workload.uid}/denied`) ?? look.now;
  const isEnding = memory.endingAt !== undefined && memory.endingAt >= since - quotaCountMs;
  const denial = denialSignal(workload, look, { graces: look.graces, isEnding });
  return [deadlineSignal(workload, look), denial].filter((one) => one !== undefined);
}

function deadlineSignal(workload: WorkloadFacts, { baseline }: Look): Signal | undefined {
  const late = workload.conditions.find(
    ({ type, status, reason }) =>
      type === "Progressing" && status === "False" && reason === "ProgressDeadlineExceeded",
  );
  // The condition stays from an earlier rollout until there is a new one.
  if (late === undefined || !isTemplateChanged(workload, baseline)) return undefined;
  const text = `${workload.kind} ${workload.name}: ${late.message}`;
  return { key: `${workload.uid}/deadline`, reason: "deadline", text, graceMs: 0 };
}

// Helm takes a paused Deployment for ready, though nothing of the new version runs.
function pausedSignal({ isPaused, name, uid, template }: WorkloadFacts, look: Look): Signal | undefined {
  if (!isPaused || look.scope.pausedByChart?.includes(name) === true) return undefined;
  if (look.baseline.templates.get(uid) === template) return undefined;
  const text = `Deployment ${name} is paused, so no pods of the new version are made: kubectl rollout resume deployment/${name} ends that`;
  return { key: `${uid}/paused`, reason: "paused", text, graceMs: 0 };
}

// Helm reads the end of a hook's job itself; it does not read why the job's pod never starts.
function hookSignals(look: Look, memory: RolloutMemory): readonly Signal[] {
  const pods = look.view.pods.filter(
    (pod) =>
      pod.ownerKind === "Job" &&
      look.scope.hookJobs.includes(pod.ownerName) &&
      !look.baseline.pods.has(pod.uid) &&
      isBlameable(pod),
  );
  return pods
    .flatMap((pod) => signalsOfPod(pod, look, memory))
    .filter(({ reason }) => reason !== "crash")
    .map((one) => ({ ...one, text: `hook: ${one.text}` }));
}

function isDue(signal: Signal, memory: RolloutMemory, now: number): boolean {
  return now - sinceOf(signal, memory, now) >= signal.graceMs;
}

/** When the patience with a trouble began: room for pods may come while others end or come up. */
function sinceOf({ key, reason }: Signal, memory: RolloutMemory, now: number): number {
  const seen = memory.firstSeen.get(key) ?? now;
  if (reason === "unschedulable") return Math.max(seen, memory.endingAt ?? 0);
  return reason === "quota" || reason === "denied" ? Math.max(seen, memory.progressAt) : seen;
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
  const since = Math.max(sinceOf(signal, memory, now), memory.progressAt);
  return now - since >= signal.graceMs + lonelyPodGraceMs;
}
