import { ConfigError } from "../../core/errors.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { durationMs, oneOf, required } from "../../platform/inputs.ts";
import { readMatchers } from "./matchers.ts";
import { refuseBesidesPast } from "./past-inputs.ts";
import { type RampPlan, readPlan } from "./ramp-inputs.ts";
import { type RuleInputs, readRules } from "./rule-inputs.ts";
import { readSource, type SourceInputs } from "./source-inputs.ts";

export interface BacktestInputs extends RuleInputs, RampPlan {
  readonly mode: "backtest";
  readonly metrics: string;
  readonly source: SourceInputs;
  readonly baseline: string;
  readonly intervalMs: number;
  /** So much of the past. */
  readonly rangeMs: number;
  readonly onInconclusive: "fail" | "warn";
}

export async function readBacktestInputs(inputs: InputReader): Promise<BacktestInputs> {
  refuseOther(inputs);
  const intervalMs = between(inputs, "interval", { leastMs: 1000, mostMs: 24 * hourMs, range: "1s to 24h" });
  return {
    mode: "backtest",
    metrics: required(inputs, "metrics"),
    source: await readSource(inputs),
    baseline: readMatchers("baseline", required(inputs, "baseline")),
    intervalMs,
    rangeMs: between(inputs, "backtest-range", {
      leastMs: 60_000,
      mostMs: 90 * 24 * hourMs,
      range: "1m to 90d",
    }),
    ...readPlan(inputs, intervalMs),
    ...readRules(inputs),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

const hourMs = 3_600_000;

interface Range {
  readonly leastMs: number;
  readonly mostMs: number;
  readonly range: string;
}

function between(inputs: InputReader, name: string, { leastMs, mostMs, range }: Range): number {
  const ms = durationMs(inputs, name);
  if (ms >= leastMs && ms <= mostMs) return ms;
  throw new ConfigError(`Input "${name}" must be from ${range}: got "${inputs.get(name)}"`);
}

/** A backtest tries no candidate, touches no cluster and vouches for no image. */
function refuseOther(inputs: InputReader): void {
  const others = ["candidate", "replay-from"];
  refuseBesidesPast(inputs, { mode: "backtest", reads: "the baseline's past", others });
}
