/** The weights of a ramp, in percent. The last is the last below 100: at 100 there is no baseline to compare with. */
export function rampWeights(start: number, step: number): readonly number[] {
  const weights: number[] = [];
  for (let weight = start; weight < 100; weight += step) weights.push(weight);
  return weights;
}

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
}

export type StepDecision =
  | { readonly kind: "stay" }
  | { readonly kind: "advance" }
  /** Its time is over and something is missing: it gets one more interval. */
  | { readonly kind: "extend"; readonly missing: string }
  | { readonly kind: "give-up"; readonly missing: string };

/** Whether a step, in which nothing has failed, is over. */
export function decideStep(progress: StepProgress): StepDecision {
  const { elapsedMs, intervalMs } = progress;
  if (!(elapsedMs >= intervalMs)) return { kind: "stay" };
  const missing = missingIn(progress);
  if (missing === undefined) return { kind: "advance" };
  return elapsedMs >= 2 * intervalMs ? { kind: "give-up", missing } : { kind: "extend", missing };
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
