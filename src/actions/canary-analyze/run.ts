import { CancelledError, ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import { fail, inconclusive, type Verdict } from "../../core/verdict.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import type { AnalysisInputs, RampInputs } from "./inputs.ts";
import { climb, type Step } from "./steps.ts";
import { type CanaryPorts, startWatch, type Watch } from "./watch.ts";
import type { Weights } from "./weights.ts";

/** How a canary ended. */
export interface CanaryOutcome {
  readonly verdict: Verdict;
  /** Something broke or was cancelled: red, whatever the caller says about gaps. */
  readonly isBroken: boolean;
  readonly watch: Watch;
  readonly steps: readonly Step[];
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
      await ports.clock.sleep(inputs.intervalMs, ports.signal);
      const verdict = await watch.look({ strata });
      const isOver = ports.clock.now() - startedMs >= inputs.durationMs;
      if (verdict.kind === "fail") return verdict;
      if (isOver) return verdict.kind === "pass" ? judgeEnd(watch, inputs, verdict) : verdict;
    }
  });
  if (ending.thrown !== undefined && !isExpected(ending.thrown)) throw ending.thrown;
  return { ...ending, watch, steps: [], startedMs, decidedMs: ports.clock.now() };
}

function judgeEnd(watch: Watch, inputs: AnalysisInputs, verdict: Verdict): Verdict {
  const requests = watch.requestsIn("all");
  if (!(requests >= inputs.minimumRequests)) {
    return inconclusive(`the candidate had ${Math.round(requests)} of ${inputs.minimumRequests} requests`);
  }
  const age = watch.dataAgeMs();
  if (age <= watch.freshMs) return verdict;
  return inconclusive(`the newest sample of both versions is ${Math.round(age / 1000)} s old`);
}

/** GitHub ends the step 7.5 s after a cancel at the earliest; traffic must be safe by then. */
const cancelBudgetMs = 6000;
const homeBudgetMs = 60_000;

/** Raises the candidate's share step by step. Whatever ends it but a pass takes all traffic from the candidate first. */
export async function ramp(
  { inputs, metrics, ports }: CanaryPlan<AnalysisInputs & RampInputs>,
  weights: Weights,
): Promise<CanaryOutcome> {
  const startedMs = ports.clock.now();
  const watch = startWatch(inputs, metrics, ports);
  const steps: Step[] = [];
  await beginAt(weights, watch, ports);
  const ending = await endingOf(ports, () => climb({ inputs, watch, weights, ports, steps }));
  const decidedMs = ports.clock.now();
  const end = { watch, steps, startedMs, decidedMs };
  if (ending.verdict.kind === "pass") return { ...ending, ...end, weight: steps.at(-1)?.weight ?? 0 };
  // Whoever took the release owns its weight from now on.
  if (ports.lease?.whyLost() !== undefined) return { ...ending, ...end };
  const home = await goHome(weights, ports);
  if (ending.thrown !== undefined && !isExpected(ending.thrown)) throw ending.thrown;
  if (home === undefined) return { ...ending, ...end, weight: 0 };
  return { ...ending, ...end, verdict: withReason(ending.verdict, home), isBroken: true };
}

/** Nothing to compare with is found before the first weight is set. Traffic that an earlier attempt left is taken back. */
async function beginAt(weights: Weights, watch: Watch, ports: CanaryPorts): Promise<void> {
  try {
    await watch.begin();
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

function withReason(verdict: Verdict, reason: string): Verdict {
  if (verdict.kind === "fail") return fail(verdict.reasons[0], ...verdict.reasons.slice(1), reason);
  if (verdict.kind === "inconclusive") {
    return inconclusive(verdict.missing[0], ...verdict.missing.slice(1), reason);
  }
  return inconclusive(reason);
}

function isExpected(thrown: unknown): boolean {
  return thrown instanceof ConfigError || thrown instanceof OutsideError || thrown instanceof CancelledError;
}
