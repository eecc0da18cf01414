import { CancelledError, ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import { inconclusive, type Verdict, withReason } from "../../core/verdict.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import { decideEnd } from "../../domain/canary/ramp.ts";
import type { Step } from "../../domain/canary/saved-ramp.ts";
import { type Beginning, beginRamp } from "./begin-ramp.ts";
import type { AnalysisInputs, RampInputs } from "./inputs.ts";
import { Journey } from "./journey.ts";
import { climb } from "./steps.ts";
import { type CanaryPorts, startWatch, type Watch } from "./watch.ts";
import type { Weights } from "./weights.ts";

/** How a canary ended. */
export interface CanaryOutcome {
  readonly verdict: Verdict;
  /** Something broke or was cancelled: red, whatever the caller says about gaps. */
  readonly isBroken: boolean;
  /** Why the way home failed, which is one more reason. */
  readonly homeProblem?: string;
  readonly watch: Watch;
  readonly steps: readonly Step[];
  /** Shares that were planned and not needed. */
  readonly skipped: readonly number[];
  /** How a ramp began: anew, or where another run left it. */
  readonly beginning?: Pick<Beginning, "resumed" | "anew">;
  /** The candidate's share of traffic at the end, where this run set it. */
  readonly weight?: number;
  readonly startedMs: number;
  readonly decidedMs: number;
}

export interface CanaryPlan<T> {
  readonly inputs: T;
  readonly metrics: readonly Metric[];
  readonly ports: CanaryPorts;
}

/** Looks for the whole time, ends early when something has failed, and asks for a pass at the end. */
export async function analyze({
  inputs,
  metrics,
  ports,
}: CanaryPlan<AnalysisInputs & { readonly durationMs: number }>): Promise<CanaryOutcome> {
  const startedMs = ports.clock.now();
  const watch = startWatch(inputs, metrics, ports);
  await watch.begin();
  const strata = [{ name: "all", fromMs: ports.clock.now() }];
  const ending = await endingOf(ports, async () => {
    for (;;) {
      const leftMs = inputs.durationMs - (ports.clock.now() - startedMs);
      await ports.clock.sleep(watch.waitMs(leftMs, watch.quietLooks()), ports.signal);
      const verdict = await watch.look({ strata });
      if (verdict.kind === "fail") return verdict;
      const elapsedMs = ports.clock.now() - startedMs;
      const { dataAgeMs } = watch.decideBy({ elapsedMs, dataAgeMs: watch.dataAgeMs() });
      if (elapsedMs < inputs.durationMs) continue;
      const requests = watch.requestsIn("all");
      return decideEnd(verdict, { ...inputs, requests, dataAgeMs, freshMs: watch.freshMs });
    }
  });
  if (ending.thrown !== undefined && !isExpected(ending.thrown)) throw ending.thrown;
  return { ...ending, watch, steps: [], skipped: [], startedMs, decidedMs: ports.clock.now() };
}

/** GitHub ends the step 7.5 s after a cancel at the earliest; traffic must be safe by then. */
const cancelBudgetMs = 6000;
const homeBudgetMs = 60_000;

/** Raises the candidate's share step by step. Whatever ends it but a pass takes all traffic from the candidate first. */
export async function ramp(
  { inputs, metrics, ports }: CanaryPlan<AnalysisInputs & RampInputs>,
  weights: Weights,
): Promise<CanaryOutcome> {
  const watch = startWatch(inputs, metrics, ports);
  const skipped: number[] = [];
  const beginning = await beginAt(weights, ports, () =>
    beginRamp({ inputs, metrics, ports, watch, weights }),
  );
  const { terms, position } = beginning;
  const journey = new Journey({ ...ports, terms, watch, weights }, position);
  const ending = await endingOf(ports, () => climb({ inputs, watch, weights, ports, journey, skipped }));
  const { startedMs, steps } = journey.position;
  const end = { watch, steps, skipped, beginning, startedMs, decidedMs: ports.clock.now() };
  if (ending.verdict.kind === "pass") return { ...ending, ...end, weight: steps.at(-1)?.weight ?? 0 };
  // Whoever took the release owns its weight from now on.
  if (ports.lease?.whyLost() !== undefined) return { ...ending, ...end };
  const home = await goHome(weights, ports);
  if (ending.thrown !== undefined && !isExpected(ending.thrown)) throw ending.thrown;
  if (home === undefined) return { ...ending, ...end, weight: 0 };
  return {
    ...ending,
    ...end,
    verdict: withReason(ending.verdict, home),
    homeProblem: home,
    isBroken: true,
  };
}

/** Nothing to compare with is found before the first weight is set. Traffic that an earlier attempt left is taken back. */
async function beginAt(
  weights: Weights,
  ports: CanaryPorts,
  begin: () => Promise<Beginning>,
): Promise<Beginning> {
  try {
    return await begin();
  } catch (error) {
    if (ports.lease?.whyLost() === undefined && (await weights.current()) > 0)
      await weights.home(ports.signal.aborted ? cancelBudgetMs : homeBudgetMs);
    throw error;
  }
}

interface Ending {
  readonly verdict: Verdict;
  readonly isBroken: boolean;
  readonly thrown?: unknown;
}

async function endingOf(
  { signal, lease }: Pick<CanaryPorts, "signal" | "lease">,
  body: () => Promise<Verdict>,
): Promise<Ending> {
  try {
    return { verdict: await body(), isBroken: false };
  } catch (thrown) {
    const sentence = signal.aborted ? (lease?.whyLost() ?? "The step was cancelled") : messageOf(thrown);
    return { verdict: inconclusive(sentence), isBroken: true, ...(signal.aborted ? {} : { thrown }) };
  }
}

/** The reason why the way home failed, undefined when all traffic is back. */
async function goHome(weights: Weights, { signal, say }: CanaryPorts): Promise<string | undefined> {
  try {
    say(await weights.home(signal.aborted ? cancelBudgetMs : homeBudgetMs));
    return undefined;
  } catch (error) {
    return `The candidate may still get traffic: ${messageOf(error)}`;
  }
}

function isExpected(thrown: unknown): boolean {
  return thrown instanceof ConfigError || thrown instanceof OutsideError || thrown instanceof CancelledError;
}
