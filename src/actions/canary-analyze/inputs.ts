import { ConfigError } from "../../core/errors.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import { type ClusterAccess, readClusterAccess } from "../../platform/cluster-access.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import {
  oneOf,
  optional,
  durationMs as readDurationMs,
  refuseGiven,
  required,
} from "../../platform/inputs.ts";
import { readTraffic } from "../../platform/traffic-input.ts";
import { readVouchedImage } from "../../platform/vouched-image.ts";
import { type BacktestInputs, readBacktestInputs } from "./backtest-inputs.ts";
import { readMatchers } from "./matchers.ts";
import { type RampPlan, readPlan } from "./ramp-inputs.ts";
import { type ReplayInputs, readReplayInputs } from "./replay-inputs.ts";
import { type RuleInputs, readRules } from "./rule-inputs.ts";
import { readSource, type SourceInputs } from "./source-inputs.ts";

export interface AnalysisInputs extends RuleInputs {
  /** A path of a file, or the metrics themselves. */
  readonly metrics: string;
  readonly source: SourceInputs;
  /** Label matchers that go where a query says `{{arm}}`. */
  readonly baseline: string;
  readonly candidate: string;
  readonly intervalMs: number;
  /** Up to so long between two looks while nothing speaks against the candidate. */
  readonly longestIntervalMs: number;
  readonly release?: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly digest?: ImageDigest;
  readonly evidence: readonly string[];
  readonly require: readonly string[];
  readonly onInconclusive: "fail" | "warn";
}

export interface RampInputs extends RampPlan {
  readonly release: string;
  readonly access: ClusterAccess;
  readonly traffic: Traffic;
}

export type CanaryInputs = AnalysisInputs &
  ({ readonly mode: "analyze"; readonly durationMs: number } | ({ readonly mode: "ramp" } & RampInputs));

/** The inputs of whatever the action is asked to do. */
export async function readInputsOfMode(
  inputs: InputReader,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CanaryInputs | BacktestInputs | ReplayInputs> {
  const mode = oneOf(inputs, "mode", ["ramp", "analyze", "backtest", "replay"]);
  if (mode === "backtest") return await readBacktestInputs(inputs);
  return mode === "replay" ? readReplayInputs(inputs) : await readInputs(inputs, env);
}

/** Reads every input of a canary; nothing has been asked or touched when one is refused. */
export async function readInputs(
  inputs: InputReader,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CanaryInputs> {
  const mode = oneOf(inputs, "mode", ["ramp", "analyze"]);
  if (optional(inputs, "replay-from") !== undefined)
    throw new ConfigError(`Input "replay-from" must be empty in mode ${mode}: it is for mode replay`);
  const shared = { ...readShared(inputs), source: await readSource(inputs) };
  const durationMs = duration(inputs, "duration");
  const plan = readPlan(inputs, shared.intervalMs);
  if (mode === "analyze") {
    refuseCluster(inputs);
    return { ...shared, mode, durationMs: notBelow(durationMs, shared.intervalMs, "duration") };
  }
  if (shared.source.kind === "series")
    throw new ConfigError('Input "series" must be empty in mode ramp, which judges live traffic');
  const release = required(inputs, "release");
  const access = readClusterAccess(inputs, env);
  const traffic = await readTraffic(inputs, "traffic");
  if (traffic === undefined) {
    throw new ConfigError('Input "traffic" is required in mode ramp: got nothing');
  }
  return {
    ...shared,
    mode,
    ...plan,
    release,
    access,
    traffic,
  };
}

function readShared(inputs: InputReader): Omit<AnalysisInputs, "source"> {
  const baseline = readMatchers("baseline", required(inputs, "baseline"));
  const candidate = readMatchers("candidate", required(inputs, "candidate"));
  if (baseline === candidate) {
    throw new ConfigError(`Inputs "baseline" and "candidate" must differ: got ${baseline} twice`);
  }
  const release = optional(inputs, "release");
  const namespace = optional(inputs, "namespace");
  return {
    metrics: required(inputs, "metrics"),
    baseline,
    candidate,
    intervalMs: duration(inputs, "interval"),
    longestIntervalMs: duration(inputs, "longest-interval"),
    ...readRules(inputs),
    ...(release === undefined ? {} : { release }),
    ...(namespace === undefined ? {} : { namespace }),
    ...readVouchedImage(inputs),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

/** What belongs to a ramp is refused elsewhere rather than left unused in silence. */
function refuseCluster(inputs: InputReader): void {
  refuseGiven(
    inputs,
    ["traffic", "kubeconfig", "context", "server", "certificate-authority", "oidc-audience"],
    (name) => `Input "${name}" must be empty in mode analyze, which never touches a cluster`,
  );
}

function duration(inputs: InputReader, name: string): number {
  const ms = readDurationMs(inputs, name);
  if (ms >= 1000 && ms <= 24 * 3_600_000) return ms;
  throw new ConfigError(`Input "${name}" must be from 1s to 24h: got "${inputs.get(name)}"`);
}

function notBelow(ms: number, intervalMs: number, name: string): number {
  if (ms >= intervalMs) return ms;
  throw new ConfigError(`Input "${name}" must not be shorter than interval (${intervalMs} ms): got ${ms} ms`);
}
