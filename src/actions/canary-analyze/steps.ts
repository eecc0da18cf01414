import { OutsideError } from "../../core/errors.ts";
import { inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import { decideStep, gaveUp } from "../../domain/canary/ramp.ts";
import type { PlannedStep } from "../../domain/canary/ramp-plan.ts";
import type { HeldStep, Step } from "../../domain/canary/saved-ramp.ts";
import { obey, unlessTold } from "./commands.ts";
import type { AnalysisInputs, RampInputs } from "./inputs.ts";
import type { Journey } from "./journey.ts";
import type { CanaryPorts, Watch } from "./watch.ts";
import type { Weights } from "./weights.ts";

export interface Climb {
  readonly inputs: AnalysisInputs & RampInputs;
  readonly watch: Watch;
  readonly weights: Weights;
  readonly ports: CanaryPorts;
  /** Where the ramp stands, at its start and however the climb ends. */
  readonly journey: Journey;
  /** Filled where a pass came before the last step. */
  readonly skipped: number[];
}

/** Beyond two intervals a step is over, so a run that has not said otherwise by then is lost. */
const expiryMarginMs = 5 * 60_000;

/** Raises the weight step by step for as long as nothing speaks against it. */
export async function climb(story: Climb): Promise<Verdict> {
  const { inputs, journey, ports } = story;
  for (const [index, step] of inputs.steps.entries()) {
    if (index < journey.position.index) continue;
    ports.signal.throwIfAborted();
    // A weight that another run had confirmed goes on as the one span of time that it is.
    const left = journey.position.index === index ? journey.position.held : undefined;
    const told = await giveWeight(story, { index, step, left });
    if (told !== undefined) return told;
    const after = inputs.steps.slice(index + 1).map((one) => one.weight);
    const verdict = await watchStep(story, {
      step,
      after,
      isLeft: left !== undefined,
      quietBefore: left?.quietLooks ?? 0,
    });
    if (verdict !== undefined) return verdict;
  }
  return inconclusive("the ramp has no step below 100 %");
}

interface Giving {
  readonly index: number;
  readonly step: PlannedStep;
  /** The step as another run left it. */
  readonly left: HeldStep | undefined;
}

/** Undefined where the candidate has its share. */
async function giveWeight(story: Climb, { index, step, left }: Giving): Promise<Verdict | undefined> {
  const { inputs, weights, ports, journey } = story;
  const { weight } = step;
  if (left === undefined) journey.leaveFor(index);
  const expiresMs = expiryOf(story, step, left?.uncountedMs ?? 0);
  const raised = await unlessTold({ ...inputs, ports }, (signal) =>
    weights.raise(weight, { expiresMs, signal, ramp: journey.document() }),
  );
  if (raised.kind === "told") return raised.verdict;
  ports.say(raised.value);
  if (left !== undefined) return undefined;
  journey.arrive(weight, { confirmed: raised.value, routeWeight: await weightOf(weights) });
  await journey.keep(weight, { expiresMs, isDue: true });
  return undefined;
}

/** What the route has come to; NaN where it does not say, which no other run takes for the same. */
async function weightOf(weights: Weights): Promise<number> {
  try {
    return await weights.current();
  } catch (error) {
    if (error instanceof OutsideError) return Number.NaN;
    throw error;
  }
}

/** When the step is over at the latest; a pause moves that on. */
function expiryOf({ journey, ports }: Climb, { holdMs }: PlannedStep, uncountedMs: number): number {
  const fromMs = journey.position.held?.fromMs ?? ports.clock.now();
  return fromMs + uncountedMs + 2 * holdMs + expiryMarginMs;
}

interface StepPlan {
  readonly step: PlannedStep;
  /** The shares that are planned after this one. */
  readonly after: readonly number[];
  /** Whether another run has begun it. */
  readonly isLeft: boolean;
  /** Quiet looks at its end that the other run took. */
  readonly quietBefore: number;
}

/** Undefined where the ramp goes on. */
async function watchStep(story: Climb, plan: StepPlan): Promise<Verdict | undefined> {
  const { inputs, watch, weights, ports, journey } = story;
  const { weight } = plan.step;
  const { held } = journey.position;
  if (held === undefined) throw new Error("a step is watched once it has its weight");
  const command = obey(ports, weight, held);
  const close = (ended: Step["ended"]) =>
    journey.end(weight, { requests: watch.requestsIn(String(weight)), ended });
  try {
    let seen = plan.isLeft ? await lookBack(story, plan, held) : undefined;
    for (let isFirst = true; ; ) {
      if (seen === undefined) {
        const waitMs = waitFor(story, plan, { uncountedMs: command.uncountedMs(), isFirst });
        isFirst = false;
        const slept = await unlessTold({ ...inputs, ports }, (signal) => ports.clock.sleep(waitMs, signal));
        if (slept.kind === "told") return closeWith(close, "failed", slept.verdict);
        seen = await lookAt(story, plan);
      }
      if (seen.kind === "fail") return closeWith(close, "failed", seen);
      await weights.sustain(weight);
      const isPaused = command.isPaused();
      journey.note({ isPaused, uncountedMs: command.uncountedMs() });
      await journey.keep(weight, {
        expiresMs: expiryOf(story, plan.step, command.uncountedMs()),
        isDue: false,
      });
      const decided = isPaused ? undefined : decide(story, plan, seen);
      if (decided !== undefined) {
        close(decided.ended);
        return decided.verdict;
      }
      seen = undefined;
    }
  } catch (error) {
    close("broken");
    throw error;
  }
}

function closeWith(close: (ended: Step["ended"]) => void, ended: Step["ended"], verdict: Verdict): Verdict {
  close(ended);
  return verdict;
}

async function lookAt({ watch, ports, journey }: Climb, plan: StepPlan, atMs?: number): Promise<Verdict> {
  const { weight } = plan.step;
  const lookedMs = atMs ?? ports.clock.now();
  const verdict = await watch.look({ weight, strata: journey.position.strata, atMs: lookedMs });
  journey.note({ lookedMs, quietLooks: watch.quietLooks(weight, plan.quietBefore) });
  return verdict;
}

// More than this at once would keep the store busy for a time in which nothing new is seen.
const mostLooksBack = 60;

/**
 * The looks that nobody took since another run was lost, at the moments they were due. What is judged of that time is then
 * what an unbroken run would have judged. Undefined where the step was never looked at and no look is due.
 */
async function lookBack(story: Climb, plan: StepPlan, held: HeldStep): Promise<Verdict | undefined> {
  const { watch, ports, journey } = story;
  let lastMs = held.lookedMs ?? held.fromMs;
  const leastMs = (ports.clock.now() - lastMs) / mostLooksBack;
  let verdict = held.lookedMs === undefined ? undefined : watch.verdict();
  for (;;) {
    const { quietLooks = 0 } = journey.position.held ?? {};
    const leftMs = plan.step.holdMs - (lastMs - held.fromMs - held.uncountedMs);
    lastMs += Math.max(leastMs, watch.waitMs(leftMs, quietLooks));
    const isOver = lastMs > ports.clock.now() || ports.lease?.aborted.aborted === true;
    if (isOver) return verdict;
    verdict = await lookAt(story, plan, lastMs);
    if (verdict.kind === "fail") return verdict;
  }
}

interface Waiting {
  readonly uncountedMs: number;
  readonly isFirst: boolean;
}

/** Until the next look. Of the first wait here, a part may have passed since the look before, which another run took. */
function waitFor(
  { inputs, watch, ports, journey }: Climb,
  { step }: StepPlan,
  { uncountedMs, isFirst }: Waiting,
): number {
  const { fromMs = 0, lookedMs = fromMs, isPaused, quietLooks = 0 } = journey.position.held ?? {};
  // When a pause ends is seen at a look.
  if (isPaused === true) return inputs.intervalMs;
  const nowMs = ports.clock.now();
  const leftMs = step.holdMs - (nowMs - fromMs - uncountedMs);
  const sinceMs = isFirst ? nowMs - lookedMs : 0;
  return Math.max(0, watch.waitMs(leftMs + sinceMs, quietLooks) - sinceMs);
}

interface Decided {
  readonly ended: Step["ended"];
  /** Absent where the ramp goes on. */
  readonly verdict: Verdict | undefined;
}

/** Undefined where the step goes on. */
function decide(story: Climb, { step, after }: StepPlan, verdict: Verdict): Decided | undefined {
  const { inputs, watch, ports, journey, skipped } = story;
  const { weight, holdMs } = step;
  const { held } = journey.position;
  const isLast = after.length === 0;
  const progress = watch.decideBy({
    elapsedMs: ports.clock.now() - (held?.fromMs ?? 0) - (held?.uncountedMs ?? 0),
    intervalMs: holdMs,
    requests: watch.requestsIn(String(weight)),
    minimumRequests: inputs.minimumRequests,
    dataAgeMs: watch.dataAgeMs(),
    freshMs: watch.freshMs,
    mustPass: isLast,
    hasPassed: verdict.kind === "pass",
    promotesEarly: inputs.promotesEarly,
  });
  const decision = decideStep(progress);
  switch (decision.kind) {
    case "promote":
      skipped.push(...after);
      return { ended: "passed", verdict: pass };
    case "advance":
      return isLast ? { ended: "passed", verdict: pass } : { ended: "advanced", verdict: undefined };
    case "give-up": {
      const gap = gaveUp({ weight, intervalMs: holdMs, isLast }, decision.missing, verdict);
      return { ended: "inconclusive", verdict: gap };
    }
    case "extend":
      if (held?.extendedFor === undefined)
        ports.say(`weight ${weight} % waits for one more interval: ${decision.missing}`);
      journey.note({ extendedFor: held?.extendedFor ?? decision.missing });
      return undefined;
    case "stay":
      return undefined;
  }
}
