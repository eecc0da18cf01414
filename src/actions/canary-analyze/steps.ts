import { formatMs } from "../../core/duration.ts";
import { fail, inconclusive, pass, reasonsOf, type Verdict } from "../../core/verdict.ts";
import type { Stratum } from "../../domain/canary/counters.ts";
import { decideStep, rampWeights } from "../../domain/canary/ramp.ts";
import { abortSentence } from "../../domain/lock/command.ts";
import { leaseName } from "../../domain/lock/lease.ts";
import type { AnalysisInputs, RampInputs } from "./inputs.ts";
import type { CanaryPorts, Watch } from "./watch.ts";
import type { Weights } from "./weights.ts";

/** One step of a ramp, as it went. */
export interface Step {
  readonly weight: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly requests: number;
  /** What real answers said about the weight. */
  readonly confirmed: string;
  readonly ended: "advanced" | "passed" | "failed" | "inconclusive" | "broken";
  readonly extendedFor?: string;
}

export interface Climb {
  readonly inputs: AnalysisInputs & RampInputs;
  readonly watch: Watch;
  readonly weights: Weights;
  readonly ports: CanaryPorts;
  /** Filled step by step, so that it is there however the climb ends. */
  readonly steps: Step[];
}

/** Beyond two intervals a step is over, so a run that has not said otherwise by then is lost. */
const expiryMarginMs = 5 * 60_000;

/** Raises the weight step by step for as long as nothing speaks against it. */
export async function climb(story: Climb): Promise<Verdict> {
  const { inputs, weights, ports } = story;
  const strata: Stratum[] = [];
  const ladder = rampWeights(inputs.startWeight, inputs.stepWeight);
  for (const weight of ladder) {
    ports.signal.throwIfAborted();
    // From here on answers may come from either weight: what is scraped across the change belongs to none.
    const last = strata.pop();
    if (last !== undefined) strata.push({ ...last, untilMs: ports.clock.now() });
    const expiresMs = ports.clock.now() + 2 * inputs.stepIntervalMs + expiryMarginMs;
    const raised = await unlessTold(story, (signal) => weights.raise(weight, { expiresMs, signal }));
    if (raised.kind === "told") return raised.verdict;
    const confirmed = raised.value;
    ports.say(confirmed);
    strata.push({ name: String(weight), fromMs: ports.clock.now() });
    const verdict = await watchStep(story, { weight, strata, confirmed, isLast: weight === ladder.at(-1) });
    if (verdict !== undefined) return verdict;
  }
  return inconclusive("the ramp has no step below 100 %");
}

interface StepPlan {
  readonly weight: number;
  readonly strata: readonly Stratum[];
  readonly confirmed: string;
  readonly isLast: boolean;
}

/** Undefined where the ramp goes on. */
async function watchStep(story: Climb, plan: StepPlan): Promise<Verdict | undefined> {
  const { inputs, watch, weights, ports, steps } = story;
  const { weight, strata, confirmed, isLast } = plan;
  const fromMs = ports.clock.now();
  const command = obey(story, weight);
  let extendedFor: string | undefined;
  const close = (ended: Step["ended"]) => {
    const requests = watch.requestsIn(String(weight));
    const extended = extendedFor === undefined ? {} : { extendedFor };
    steps.push({ weight, fromMs, untilMs: ports.clock.now(), requests, confirmed, ended, ...extended });
  };
  try {
    for (;;) {
      const slept = await unlessTold(story, (signal) => ports.clock.sleep(inputs.intervalMs, signal));
      if (slept.kind === "told") return closeWith(close, "failed", slept.verdict);
      const verdict = await watch.look({ weight, strata });
      if (verdict.kind === "fail") return closeWith(close, "failed", verdict);
      await weights.sustain(weight);
      if (command.isPaused()) continue;
      const decision = decideStep({
        elapsedMs: ports.clock.now() - fromMs - command.pausedMs(),
        intervalMs: inputs.stepIntervalMs,
        requests: watch.requestsIn(String(weight)),
        minimumRequests: inputs.minimumRequests,
        dataAgeMs: watch.dataAgeMs(),
        freshMs: watch.freshMs,
        mustPass: isLast,
        hasPassed: verdict.kind === "pass",
      });
      if (decision.kind === "advance") {
        close(isLast ? "passed" : "advanced");
        return isLast ? pass : undefined;
      }
      if (decision.kind === "give-up") {
        const after = formatMs(2 * inputs.stepIntervalMs);
        const open = isLast ? reasonsOf(verdict) : [];
        const gap = inconclusive(`weight ${weight} %: ${decision.missing}, after ${after}`, ...open);
        return closeWith(close, "inconclusive", gap);
      }
      if (decision.kind === "extend" && extendedFor === undefined) {
        extendedFor = decision.missing;
        ports.say(`weight ${weight} % waits for one more interval: ${decision.missing}`);
      }
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

type Undisturbed<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "told"; readonly verdict: Verdict };

/** Ends what is under way when a person tells the run to abort: it may be a wait of minutes. */
async function unlessTold<T>(
  { inputs, ports }: Climb,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<Undisturbed<T>> {
  const { signal, lease } = ports;
  if (lease === undefined) return { kind: "done", value: await body(signal) };
  try {
    lease.aborted.throwIfAborted();
    return { kind: "done", value: await body(AbortSignal.any([signal, lease.aborted])) };
  } catch (error) {
    if (signal.aborted || !lease.aborted.aborted) throw error;
    const sentence = abortSentence(leaseName(inputs.release), lease.commandWords());
    return { kind: "told", verdict: fail(sentence) };
  }
}

/** Time under a pause is no time of the step. */
function obey({ ports }: Climb, weight: number) {
  const { clock, lease, say } = ports;
  let lookedMs = clock.now();
  let pausedMs = 0;
  let wasPaused = false;
  return {
    pausedMs: () => pausedMs,
    isPaused: () => {
      const isPaused = lease?.command() === "pause";
      if (isPaused !== wasPaused)
        say(isPaused ? `weight ${weight} % is held by command` : "the ramp goes on");
      wasPaused = isPaused;
      if (isPaused) pausedMs += clock.now() - lookedMs;
      lookedMs = clock.now();
      return isPaused;
    },
  };
}
