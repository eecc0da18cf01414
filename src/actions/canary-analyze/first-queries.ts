import { ConfigError } from "../../core/errors.ts";
import { type Analysis, withoutBaseline } from "../../domain/canary/analysis.ts";
import {
  type Emptiness,
  explainEmpty,
  isSlip,
  type KnownSeries,
  metricsIn,
} from "../../domain/canary/empty-query.ts";
import { isCounted, type Metric, type MetricSource, queryFor } from "../../domain/canary/metric.ts";
import { needsBaseline } from "../../domain/canary/parse-criteria.ts";
import { type Matcher, parseSelector, type Selector } from "../../domain/canary/selector.ts";
import { boundsOf } from "../../domain/canary/streams.ts";
import type { WatchPlan } from "./watch.ts";

/**
 * Judges what every query has found before the first weight is set. The candidate may not be there yet; the baseline
 * must be. Refuses what could never decide, and remarks on each query that may be a mistake.
 */
export async function checkFirstQueries(plan: WatchPlan, analysis: Analysis): Promise<void> {
  const { metrics, ports } = plan;
  await mustHaveBaseline(plan, analysis);
  mustShowLimit(metrics, analysis);
  const doubts = [...(await withoutErrors(plan, analysis)), ...valuesWithoutBaseline(plan, analysis)];
  for (const sentence of [...(ports.metrics.remarks?.() ?? []), ...doubts]) ports.remark?.(sentence);
}

async function mustHaveBaseline(plan: WatchPlan, analysis: Analysis): Promise<void> {
  const { metrics, inputs } = plan;
  const missing = [
    ...withoutBaseline(metrics, analysis),
    ...metrics.filter((metric) => isRelative(metric) && hasNoBaseline(metric, analysis)),
  ];
  const sentences = await Promise.all(
    [...new Set(missing)].slice(0, mostNamed).map(async (metric) => {
      const query = queryFor(selectorOf(metric.source), inputs.baseline);
      const what = metric.source.kind === "latency" ? 'no bucket le="+Inf" with a sample' : "no sample";
      const found = `${query} of "${metric.name}" has ${what} in the last ${historyMs / 60_000} min`;
      return found + (await reasonFor(plan, query, metric.source.kind));
    }),
  );
  if (sentences.length > 0)
    throw new ConfigError(`Input "metrics" must name series of the baseline: ${sentences.join("; ")}`);
}

/** So much is read before the first weight is set. */
export const historyMs = 5 * 60_000;
const mostNamed = 5;

function isRelative(metric: Metric): boolean {
  return !isCounted(metric) && metric.measure !== undefined && needsBaseline(metric.measure);
}

function hasNoBaseline(metric: Metric, analysis: Analysis): boolean {
  const progress = analysis[metric.name];
  return progress?.kind === "valued" && !Number.isFinite(progress.newestMs.baseline);
}

/**
 * A version without errors may have no such series yet, so only what nearly has the name of another is refused, and only
 * what no series could ever be is worth a warning.
 */
async function withoutErrors(plan: WatchPlan, analysis: Analysis): Promise<readonly string[]> {
  const sentences = await Promise.all(
    plan.metrics.map(async (metric) => {
      const progress = analysis[metric.name];
      if (metric.source.kind !== "errors" || progress?.kind !== "counted") return [];
      const states = [...Object.values(progress.baseline), ...Object.values(progress.candidate)];
      if (states.some((state) => state.roles.includes("bad"))) return [];
      const query = queryFor(metric.source.errors, plan.inputs.baseline);
      const selector = parseSelector(query);
      if (selector === undefined) return [];
      const known = await knownOf(plan, selector);
      const empty = explained(selector, known);
      if (empty === undefined) return [];
      if (selector.metric !== undefined && isSlip(selector.metric, known.names))
        throw new ConfigError(
          `Input "metrics" must name counters: ${query} of "${metric.name}": ${empty.why}`,
        );
      const sentence = `${query} of "${metric.name}" has never counted an error: ${empty.why}`;
      if (empty.isForeign) return [sentence];
      plan.ports.say(sentence);
      return [];
    }),
  );
  return sentences.flat();
}

function valuesWithoutBaseline({ metrics, inputs }: WatchPlan, analysis: Analysis): readonly string[] {
  return metrics.flatMap((metric) => {
    if (isCounted(metric) || !hasNoBaseline(metric, analysis)) return [];
    const query = queryFor(selectorOf(metric.source), inputs.baseline);
    return [`${query} of "${metric.name}" has no value for the baseline: only the candidate is measured`];
  });
}

async function reasonFor(plan: WatchPlan, query: string, kind: MetricSource["kind"]): Promise<string> {
  const selector = parseSelector(query) ?? firstMetricOf(query);
  if (selector === undefined) return "";
  // The bucket without end counts the requests: a histogram is one only with it.
  const matchers = kind === "latency" ? [...selector.matchers, endlessBucket] : selector.matchers;
  const empty = explained({ ...selector, matchers }, await knownOf(plan, selector));
  return empty === undefined ? "" : `: ${empty.why}`;
}

function explained(selector: Selector, known: KnownSeries): Emptiness | undefined {
  try {
    return explainEmpty(selector, known);
  } catch {
    // A pattern that the store reads and JavaScript does not.
    return undefined;
  }
}

const endlessBucket: Matcher = { label: "le", operator: "=", value: "+Inf" };

/** Of an expression only the names of its metrics can be looked up. */
function firstMetricOf(query: string): Selector | undefined {
  const [metric] = metricsIn(query);
  return metric === undefined ? undefined : { metric, matchers: [] };
}

async function knownOf({ ports }: WatchPlan, { metric }: Selector): Promise<KnownSeries> {
  const { clock, signal } = ports;
  const { catalog } = ports.metrics;
  const span = { startMs: clock.now() - historyMs, endMs: clock.now() };
  if (catalog === undefined || metric === undefined) return {};
  const names = await catalog.metricNames(span, signal);
  if (names !== undefined && !names.includes(metric)) return { names };
  return { names, labelSets: await catalog.labelsOf(metric, span, signal) };
}

function selectorOf(source: MetricSource): string {
  switch (source.kind) {
    case "errors":
      return source.requests;
    case "latency":
      return source.buckets;
    case "gauge":
      return source.gauge;
    case "value":
      return source.query;
  }
}

function mustShowLimit(metrics: readonly Metric[], analysis: Analysis): void {
  for (const metric of metrics) {
    const progress = analysis[metric.name];
    const seconds = isCounted(metric) ? metric.limit?.seconds : undefined;
    if (seconds === undefined || progress?.kind !== "counted") continue;
    const bounds = Object.values(progress.baseline)
      .flatMap(boundsOf)
      .toSorted((a, b) => a - b);
    if (bounds.some((bound) => bound <= seconds)) continue;
    throw new ConfigError(
      `Input "metrics" must set limits that a bucket can show: "${metric.name}" has ${seconds} s, the smallest bucket ends at ${bounds[0] ?? "none"} s`,
    );
  }
}
