import { formatMs } from "../../core/duration.ts";
import { inconclusive, reasonsOf, type Verdict } from "../../core/verdict.ts";

/** Where a step of the ramp stands when it is looked at. */
export interface StepProgress {
  readonly elapsedMs: number;
  readonly intervalMs: number;
  /** Requests of the candidate in this step. */
  readonly requests: number;
  readonly minimumRequests: number;
  /** Age of the newest sample that both arms have. */
  readonly dataAgeMs: number;
  readonly freshMs: number;
  /** Asked of the last step alone: whether every critical metric passes now. */
  readonly mustPass: boolean;
  readonly hasPassed: boolean;
  /** Whether a pass may end the ramp before its last step. */
  readonly promotesEarly: boolean;
}

export type StepDecision =
  | { readonly kind: "stay" }
  | { readonly kind: "advance" }
  /** Everything passes: the steps that remain are not needed. */
  | { readonly kind: "promote" }
  /** Its time is over and something is missing: it gets one more interval. */
  | { readonly kind: "extend"; readonly missing: string }
  | { readonly kind: "give-up"; readonly missing: string };

/** Whether a step, in which nothing has failed, is over. */
export function decideStep(progress: StepProgress): StepDecision {
  const { elapsedMs, intervalMs } = progress;
  if (mayPromote(progress)) return { kind: "promote" };
  if (!(elapsedMs >= intervalMs)) return { kind: "stay" };
  const missing = missingIn(progress);
  if (missing === undefined) return { kind: "advance" };
  return elapsedMs >= 2 * intervalMs ? { kind: "give-up", missing } : { kind: "extend", missing };
}

/** Where no metric counts requests, nothing says that the candidate has served enough for it. */
function mayPromote(progress: StepProgress): boolean {
  const { promotesEarly, hasPassed, requests } = progress;
  return promotesEarly && hasPassed && Number.isFinite(requests) && missingIn(progress) === undefined;
}

function missingIn(progress: StepProgress): string | undefined {
  const { requests, minimumRequests, dataAgeMs, freshMs, mustPass, hasPassed } = progress;
  if (!(dataAgeMs <= freshMs)) {
    return Number.isFinite(dataAgeMs)
      ? `the newest sample of both versions is ${Math.round(dataAgeMs / 1000)} s old`
      : "one of the versions has no sample";
  }
  if (!(requests >= minimumRequests)) {
    return `the candidate had ${Math.round(requests)} of ${minimumRequests} requests in this step`;
  }
  return mustPass && !hasPassed ? "the evidence does not suffice yet" : undefined;
}

/** The verdict of a whole analysis whose time is over: what passes is asked whether it saw enough. */
export function decideEnd(
  verdict: Verdict,
  progress: Pick<StepProgress, "requests" | "minimumRequests" | "dataAgeMs" | "freshMs">,
): Verdict {
  if (verdict.kind !== "pass") return verdict;
  const { requests, minimumRequests, dataAgeMs, freshMs } = progress;
  if (!(requests >= minimumRequests))
    return inconclusive(`the candidate had ${Math.round(requests)} of ${minimumRequests} requests`);
  if (dataAgeMs <= freshMs) return verdict;
  return inconclusive(`the newest sample of both versions is ${Math.round(dataAgeMs / 1000)} s old`);
}

/** The verdict of a step that was given its second interval and still misses something. */
export function gaveUp(
  {
    weight,
    intervalMs,
    isLast,
  }: { readonly weight: number; readonly intervalMs: number; readonly isLast: boolean },
  missing: string,
  verdict: Verdict,
): Verdict {
  const open = isLast ? reasonsOf(verdict) : [];
  return inconclusive(`weight ${weight} %: ${missing}, after ${formatMs(2 * intervalMs)}`, ...open);
}
