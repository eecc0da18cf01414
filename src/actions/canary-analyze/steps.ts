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
    const confirmed = await weights.raise(weight, { expiresMs, signal: ports.signal });
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
      await command.sleep();
      const told = command.abort();
      if (told !== undefined) return closeWith(close, "failed", told);
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

/** A command must not wait for the next look. */
const hearMs = 2000;

/** What a person tells the run while a step goes on. Time under a pause is no time of the step. */
function obey({ inputs, ports }: Climb, weight: number) {
  const { clock, signal, lease, say } = ports;
  let lookedMs = clock.now();
  let pausedMs = 0;
  let wasPaused = false;
  return {
    pausedMs: () => pausedMs,
    sleep: async () => {
      const untilMs = clock.now() + inputs.intervalMs;
      for (let leftMs = inputs.intervalMs; leftMs > 0; leftMs = untilMs - clock.now()) {
        if (lease?.command() === "abort") return;
        await clock.sleep(lease === undefined ? leftMs : Math.min(leftMs, hearMs), signal);
      }
    },
    abort: () => {
      if (lease?.command() !== "abort") return undefined;
      return fail(abortSentence(leaseName(inputs.release), lease.commandWords()));
    },
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
