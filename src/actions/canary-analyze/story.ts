import type { Json } from "../../core/json.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import { parseMetrics } from "../../domain/canary/parse-metrics.ts";
import { judgeEvidence } from "../../domain/evidence/require.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import type { Clock } from "../../platform/clock.ts";
import { readDocument } from "../../platform/document-input.ts";
import { readEvidence } from "../../platform/evidence-files.ts";
import type { Runner } from "../../platform/github-runner.ts";
import type { Lease } from "../../platform/lease.ts";
import type { MetricsSource } from "../../platform/prometheus.ts";
import type { CanaryInputs, RampInputs } from "./inputs.ts";
import { canaryResult } from "./report.ts";
import { analyze, type CanaryOutcome, ramp } from "./run.ts";
import { type CanaryPorts, startWatch } from "./watch.ts";
import type { Weights } from "./weights.ts";

/** What the whole action is told from outside. */
export interface StoryPorts {
  readonly clock: Clock;
  readonly metrics: MetricsSource;
  /** Gives access to the weights of the release for as long as the body runs. */
  readonly withWeights: <T>(
    inputs: RampInputs,
    body: (weights: Weights, lease?: Lease) => Promise<T>,
  ) => Promise<T>;
}

/** Reads the rest of the inputs, asks for the evidence, and ramps or analyzes. */
export async function canaryAnalyze(
  inputs: CanaryInputs,
  context: Pick<ActionContext, "runner" | "signal">,
  ports: StoryPorts,
): Promise<ActionResult> {
  const remarks = remarkBook(context.runner);
  const told = { ...ports, remark: remarks.add };
  const result = await judgeCanary(inputs, context, told);
  for (const remark of ports.metrics.remarks?.() ?? []) remarks.add(remark);
  const beside = { source: sourceOf(inputs), remarks: remarks.all() };
  return { ...result, details: { ...result.details, ...beside } };
}

function sourceOf({ source }: CanaryInputs): Json {
  return source.kind === "series" ? { series: source.path } : { prometheus: source.access.url };
}

/** What a person should know once, and what the evidence keeps. */
function remarkBook(runner: Pick<Runner, "annotate">) {
  const remarks = new Set<string>();
  return {
    all: () => [...remarks],
    add: (message: string) => {
      if (!remarks.has(message)) runner.annotate({ level: "warning", message });
      remarks.add(message);
    },
  };
}

async function judgeCanary(
  inputs: CanaryInputs,
  context: Pick<ActionContext, "runner" | "signal">,
  ports: StoryPorts & Pick<CanaryPorts, "remark">,
): Promise<ActionResult> {
  const metrics = parseMetrics(await readDocument("metrics", inputs.metrics), inputs);
  const canary: CanaryPorts = { ...ports, signal: context.signal, say: (line) => context.runner.info(line) };
  const gates = await gatesBefore(inputs);
  if (gates.kind !== "pass")
    return canaryResult(inputs, metrics, unstarted(gates, { inputs, metrics, canary }));
  if (inputs.mode === "analyze") {
    return canaryResult(inputs, metrics, await analyze({ inputs, metrics, ports: canary }));
  }
  return await ports.withWeights(inputs, async (weights, lease) => {
    await weights.check(...inputs.steps.map(({ weight }) => weight));
    const held = lease === undefined ? canary : underLease(canary, lease);
    return canaryResult(inputs, metrics, await ramp({ inputs, metrics, ports: held }, weights));
  });
}

function underLease(canary: CanaryPorts, lease: Lease): CanaryPorts {
  return { ...canary, lease, signal: AbortSignal.any([canary.signal, lease.lost]) };
}

async function gatesBefore(inputs: CanaryInputs): Promise<Verdict> {
  if (inputs.digest === undefined) return { kind: "pass" };
  const evidence = await readEvidence(inputs.evidence);
  return judgeEvidence(evidence, { digest: inputs.digest, require: inputs.require });
}

interface Unstarted {
  readonly inputs: CanaryInputs;
  readonly metrics: readonly Metric[];
  readonly canary: CanaryPorts;
}

/** A gate before this one has not passed: no traffic was given, and a gap is red. */
function unstarted(verdict: Verdict, { inputs, metrics, canary }: Unstarted): CanaryOutcome {
  const now = canary.clock.now();
  const watch = startWatch(inputs, metrics, canary);
  return { verdict, isBroken: true, watch, steps: [], skipped: [], startedMs: now, decidedMs: now };
}
