import { workloadObjects } from "../../domain/release/manifest.ts";
import type { FailureReason, Signal } from "../../domain/rollout/signal.ts";
import {
  type Baseline,
  type RolloutScope,
  type RolloutView,
  workloadsOf,
} from "../../domain/rollout/view.ts";
import { waitingFor } from "../../domain/rollout/waiting.ts";
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
    return { reason, sentence: doom.text, isUntouched, signal: doom };
  }
  if (ending.isCancelled)
    return { reason: "cancelled", sentence: "The step was cancelled during the rollout", isUntouched };
  const text = `${description}\n${ran.stderr}`;
  if (/(pre|post)-(install|upgrade)\b/.test(text)) {
    return { reason: "hook", sentence: hookSentence(description || lastLines(ran.stderr)), isUntouched };
  }
  if (ending.isLate || ran.timedOut || /deadline exceeded|timed out/.test(ran.stderr))
    return { reason: "timeout", sentence: lateSentence(ending), isUntouched };
  const reason = /another operation .* is in progress/.test(ran.stderr) ? "locked" : "helm";
  const sentence = `helm upgrade exited with ${ran.exitCode}: ${lastLines(ran.stderr)}`;
  return { reason, sentence, isUntouched };
}

function lateSentence({ view, scope, baseline, ran, timeoutMs }: Ending): string {
  const waiting = waitingFor(view, scope, baseline);
  const what = waiting.length === 0 ? lastLines(ran.stderr) : waiting.join("; ");
  return `Not ready after ${timeoutMs / 1000} s: ${what}`;
}

// Helm applies nothing before its pre-install and pre-upgrade hooks have passed. Interrupted there, it does not say so:
// then a hook that only runs before, and workloads as they were, are the proof.
function isBeforeApply(ending: Ending): boolean {
  if (/pre-(install|upgrade)\b/.test(`${ending.description}\n${ending.ran.stderr}`)) return true;
  const { rendered, view, scope, baseline, doom } = ending;
  const isChanged = workloadsOf(view, scope).some(
    ({ uid, generation }) => baseline.generations.get(uid) !== generation,
  );
  const hooks = rendered.objects.filter(({ isHook, kind }) => isHook && kind === "Job");
  const onlyBefore = hooks.every(({ hookEvents }) => hookEvents.every((event) => event.startsWith("pre-")));
  const hasWorkloads = workloadObjects(rendered.objects).length > 0;
  return doom !== undefined && isHookSignal(doom) && onlyBefore && hasWorkloads && !isChanged;
}

function isHookSignal(signal: Signal): boolean {
  return signal.text.startsWith("hook: ");
}

function hookSentence(description: string): string {
  return description.replace(/^(Upgrade|Release) "[^"]*" failed: /, "").replace(/\s+/g, " ");
}
