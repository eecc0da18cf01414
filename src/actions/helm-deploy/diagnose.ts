import { messageOf } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import type { PodFacts } from "../../domain/rollout/objects.ts";
import type { FailureReason, Signal } from "../../domain/rollout/signal.ts";
import {
  isBlameable,
  newestPods,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "../../domain/rollout/view.ts";
import type { Session } from "./session.ts";

/** What the cluster had to say about a failed rollout, gathered before anything is rolled back. */
export interface Diagnosis {
  /** The last line of the failing container's log. */
  readonly lastWords?: string;
  /** Markdown. */
  readonly text: string;
  readonly details: { readonly [key: string]: Json };
}

interface Failed {
  readonly reason: FailureReason;
  readonly signal?: Signal;
  readonly view: RolloutView;
  readonly scope: RolloutScope;
}

const logLines = 30;
const shownEvents = 12;

/** Prints and returns logs and events of the pod that tells most. Never fails: a missing log is a sentence. */
export async function diagnose(session: Session, failed: Failed): Promise<Diagnosis> {
  const pod = tellingPod(failed);
  const events = eventsOf(failed, pod);
  const log = pod === undefined ? undefined : await logOf(session, pod, failed.signal);
  const { runner } = session.context;
  if (events.length > 0) await runner.group("Events", async () => runner.printForeign(events));
  if (log !== undefined) await runner.group(log.title, async () => runner.printForeign(log.lines));
  const lastWords = log === undefined ? undefined : tellingLine(log.lines);
  return {
    ...(lastWords === undefined || log?.isMissing === true ? {} : { lastWords }),
    text: [
      ...(events.length === 0 ? [] : ["**Events**", fenced(events)]),
      ...(log === undefined ? [] : [`**${log.title}**`, fenced(log.lines)]),
    ].join("\n\n"),
    details: {
      ...(pod === undefined ? {} : { pod: pod.name }),
      events,
      ...(log === undefined ? {} : { log: { title: log.title, lines: log.lines } }),
    },
  };
}

// What a runtime prints after an error (its version, a closing brace) explains nothing.
function tellingLine(lines: readonly string[]): string | undefined {
  const spoken = lines.map((line) => line.trim()).filter((line) => line !== "");
  const error = spoken.findLast((line) => /\b\w*(error|exception|fatal|panic|failed|cannot)\b/i.test(line));
  return (error ?? spoken.at(-1))?.slice(0, 300);
}

// The pod the verdict names, else a pod of a failed hook, else the first new one that is not ready.
function tellingPod({ signal, reason, view, scope }: Failed): PodFacts | undefined {
  const named = view.pods.find(({ name }) => name === signal?.pod);
  if (named !== undefined) return named;
  const ofHooks = view.pods.filter(
    (pod) => pod.ownerKind === "Job" && scope.hookJobs.includes(pod.ownerName),
  );
  if (reason === "hook") return ofHooks.at(-1);
  const fresh = workloadsOf(view, scope).flatMap((workload) => newestPods(workload, view));
  return fresh.filter(isBlameable).find((pod) => !pod.isReady);
}

function eventsOf({ view, scope }: Failed, pod: PodFacts | undefined): readonly string[] {
  const workloads = workloadsOf(view, scope);
  const sets = view.replicaSets.filter((set) => workloads.some(({ uid }) => uid === set.ownerUid));
  const uids = new Set([...workloads.map(({ uid }) => uid), ...sets.map(({ uid }) => uid), pod?.uid ?? ""]);
  const jobs = new Set(view.jobs.filter(({ name }) => scope.hookJobs.includes(name)).map(({ uid }) => uid));
  return view.events
    .filter((event) => event.type !== "Normal" && (uids.has(event.uid) || jobs.has(event.uid)))
    .slice(-shownEvents)
    .map(
      (event) => `${event.kind} ${event.name}: ${event.reason}: ${event.message.replace(/\s+/g, " ").trim()}`,
    );
}

interface Log {
  readonly title: string;
  readonly lines: readonly string[];
  readonly isMissing?: true;
}

async function logOf(session: Session, pod: PodFacts, signal: Signal | undefined): Promise<Log | undefined> {
  // kubectl fails on a pod without a node, and its error would hide the events.
  if (pod.node === "") return undefined;
  const container =
    pod.containers.find(({ name }) => name === signal?.container) ??
    pod.containers.find(({ isInit, ended }) => isInit && (ended?.exitCode ?? 0) !== 0) ??
    pod.containers.find(({ isInit, isReady }) => !isInit && !isReady);
  const hasRun =
    container !== undefined && (container.ended !== undefined || container.waiting === undefined);
  if (container === undefined || !hasRun) return undefined;
  // A container that waits for its next life has nothing to say but in the one before.
  const previous = container.hasRunBefore && container.waiting !== undefined;
  const title = `Log of pod ${pod.name}, container ${container.name}${previous ? " (before it was restarted)" : ""}`;
  try {
    const text = await session.cluster.kubectl.logs(pod.name, session.inputs.namespace, {
      container: container.name,
      previous,
      tail: logLines,
    });
    return { title, lines: text.split(/\r?\n/).filter((line) => line !== "") };
  } catch (error) {
    return { title, lines: [messageOf(error)], isMissing: true };
  }
}

function fenced(lines: readonly string[]): string {
  return `\`\`\`text\n${lines.join("\n").replaceAll("```", "'''")}\n\`\`\``;
}
