import { workloadObjects } from "../../domain/release/manifest.ts";
import type { FailureReason, Signal } from "../../domain/rollout/signal.ts";
import {
  type Baseline,
  isChanged,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "../../domain/rollout/view.ts";
import { isSettled, waitingFor } from "../../domain/rollout/waiting.ts";
import { lastLines, type Ran } from "../../platform/shell.ts";
import type { Rendered } from "./render.ts";

/** How a rollout ended that did not succeed, as Helm and the cluster tell it. */
export interface Ending {
  readonly ran: Ran;
  /** Helm's own words about the revision. */
  readonly description: string;
  readonly rendered: Rendered;
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
  readonly view: RolloutView;
  /** PersistentVolumeClaims and Services, where the release has some that Helm waits for. */
  readonly others?: readonly unknown[];
  /** What doomed it, when we interrupted Helm for it. */
  readonly doom: Signal | undefined;
  readonly isLate: boolean;
  readonly isCancelled: boolean;
  readonly timeoutMs: number;
}

export interface Explanation {
  readonly reason: FailureReason;
  readonly sentence: string;
  /** Nothing of the running version was changed. */
  readonly isUntouched: boolean;
  readonly signal?: Signal;
}

/** Why a rollout failed, in one word and one sentence. */
export function explain(ending: Ending): Explanation {
  const { ran, description, doom } = ending;
  const isUntouched = isBeforeApply(ending);
  if (doom !== undefined) {
    const reason = isHookSignal(doom) ? "hook" : doom.reason;
    const isLive = isHookSignal(doom) && ran.exitCode !== 0 && !isUntouched && isApplied(ending);
    const sentence = isLive ? `The new version is applied and runs, but ${doom.text}` : doom.text;
    return { reason, sentence, isUntouched, signal: doom };
  }
  if (ending.isCancelled)
    return { reason: "cancelled", sentence: "The step was cancelled during the rollout", isUntouched };
  const text = `${description}\n${ran.stderr}`;
  if (!ending.isLate && /(pre|post)-(install|upgrade)\b/.test(text)) {
    return { reason: "hook", sentence: hookSentence(ending, text), isUntouched };
  }
  if (ending.isLate || ran.timedOut || /deadline exceeded|timed out/.test(ran.stderr))
    return { reason: "timeout", sentence: lateSentence(ending), isUntouched };
  const reason = /another operation .* is in progress/.test(ran.stderr) ? "locked" : "helm";
  const sentence = `helm upgrade exited with ${ran.exitCode}: ${lastLines(ran.stderr)}`;
  return { reason, sentence, isUntouched };
}

function lateSentence(ending: Ending): string {
  const waiting = waitingFor(ending);
  const unnamed = ending.ran.exitCode === 0 ? "the new pods" : lastLines(ending.ran.stderr);
  const what = waiting.length === 0 ? unnamed : waiting.join("; ");
  return `Not ready after ${Math.round(ending.timeoutMs / 100) / 10} s: ${what}`;
}

// Helm applies nothing before its pre-install and pre-upgrade hooks have passed. Interrupted there, it does not say so:
// then a hook that only runs before and has not ended, and workloads as they were, are the proof.
function isBeforeApply(ending: Ending): boolean {
  if (/pre-(install|upgrade)\b/.test(`${ending.description}\n${ending.ran.stderr}`)) return true;
  const { rendered, view, scope, baseline, doom } = ending;
  const isTouched = workloadsOf(view, scope).some(
    ({ uid, generation }) => baseline.generations.get(uid) !== generation,
  );
  const hooks = rendered.objects.filter(({ isHook, kind }) => isHook && kind === "Job");
  const onlyBefore = hooks.every(({ hookEvents }) => hookEvents.every((event) => event.startsWith("pre-")));
  const hasWorkloads = workloadObjects(rendered.objects).length > 0;
  const isAtHook =
    (doom !== undefined && isHookSignal(doom)) ||
    view.jobs.some(
      ({ name, uid, isActive }) => isActive && scope.hookJobs.includes(name) && !baseline.jobs.has(uid),
    );
  return isAtHook && onlyBefore && hasWorkloads && !isTouched;
}

// A hook after the upgrade begins once every workload is changed and ready.
function isApplied({ view, scope, baseline }: Ending): boolean {
  const workloads = workloadsOf(view, scope);
  return workloads.some((one) => isChanged(one, baseline)) && isSettled({ view, scope, baseline });
}

function isHookSignal(signal: Signal): boolean {
  return signal.text.startsWith("hook: ");
}

function hookSentence({ description, ran }: Ending, text: string): string {
  const said = (description || lastLines(ran.stderr))
    .replace(/^(Upgrade|Release) "[^"]*" failed: /, "")
    .replace(/\s+/g, " ");
  // A hook that fails after the apply leaves a red deploy that is live.
  return /post-(install|upgrade)\b/.test(text) ? `The new version is applied and runs, but ${said}` : said;
}
