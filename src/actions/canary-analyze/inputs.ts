import { ConfigError } from "../../core/errors.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import { type ClusterAccess, readClusterAccess } from "../../platform/cluster-access.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { durationMs, integer, number, oneOf, optional, required, url } from "../../platform/inputs.ts";
import { readTraffic } from "../../platform/traffic-input.ts";
import { readVouchedImage } from "../../platform/vouched-image.ts";

export interface AnalysisInputs {
  /** A path of a file, or the metrics themselves. */
  readonly metrics: string;
  readonly prometheusUrl: string;
  /** Label matchers that go where a query says `{{arm}}`. */
  readonly baseline: string;
  readonly candidate: string;
  readonly intervalMs: number;
  readonly minimumRequests: number;
  readonly confidence: number;
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
  readonly release?: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly digest?: ImageDigest;
  readonly evidence: readonly string[];
  readonly require: readonly string[];
  readonly onInconclusive: "fail" | "warn";
}

export interface RampInputs {
  readonly startWeight: number;
  readonly stepWeight: number;
  readonly stepIntervalMs: number;
  readonly release: string;
  readonly access: ClusterAccess;
  readonly traffic: Traffic;
}

export type CanaryInputs = AnalysisInputs &
  ({ readonly mode: "analyze"; readonly durationMs: number } | ({ readonly mode: "ramp" } & RampInputs));

/** Reads every input; nothing has been asked or touched when one is refused. */
export async function readInputs(
  inputs: InputReader,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CanaryInputs> {
  const mode = oneOf(inputs, "mode", ["ramp", "analyze"]);
  const shared = readShared(inputs);
  const timing = {
    duration: duration(inputs, "duration"),
    stepInterval: duration(inputs, "step-interval"),
    startWeight: integer(inputs, "start-weight", { min: 1, max: 99 }),
    stepWeight: integer(inputs, "step-weight", { min: 1, max: 99 }),
  };
  if (mode === "analyze") {
    refuseCluster(inputs);
    return { ...shared, mode, durationMs: notBelow(timing.duration, shared.intervalMs, "duration") };
  }
  const release = required(inputs, "release");
  const access = readClusterAccess(inputs, env);
  const traffic = await readTraffic(inputs, "traffic");
  if (traffic === undefined) {
    throw new ConfigError('Input "traffic" is required in mode ramp: got nothing');
  }
  return {
    ...shared,
    mode,
    startWeight: timing.startWeight,
    stepWeight: timing.stepWeight,
    stepIntervalMs: notBelow(timing.stepInterval, shared.intervalMs, "step-interval"),
    release,
    access,
    traffic,
  };
}

function readShared(inputs: InputReader): AnalysisInputs {
  const baseline = matchers("baseline", required(inputs, "baseline"));
  const candidate = matchers("candidate", required(inputs, "candidate"));
  if (baseline === candidate) {
    throw new ConfigError(`Inputs "baseline" and "candidate" must differ: got ${baseline} twice`);
  }
  const toleratedRatio = number(inputs, "tolerated-ratio", { min: 1, max: 10 });
  const unacceptableRatio = number(inputs, "unacceptable-ratio", { min: 1, max: 100 });
  if (unacceptableRatio <= toleratedRatio) {
    throw new ConfigError(
      `Input "unacceptable-ratio" must be above tolerated-ratio (${toleratedRatio}): got "${unacceptableRatio}"`,
    );
  }
  const release = optional(inputs, "release");
  const namespace = optional(inputs, "namespace");
  return {
    metrics: required(inputs, "metrics"),
    prometheusUrl: prometheusUrl(inputs),
    baseline,
    candidate,
    intervalMs: duration(inputs, "interval"),
    minimumRequests: integer(inputs, "minimum-requests", { min: 1, max: 1_000_000_000 }),
    confidence: number(inputs, "confidence", { min: 0.5, max: 0.9999 }),
    toleratedRatio,
    unacceptableRatio,
    ...(release === undefined ? {} : { release }),
    ...(namespace === undefined ? {} : { namespace }),
    ...readVouchedImage(inputs),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

/** What belongs to a ramp is refused elsewhere rather than left unused in silence. */
function refuseCluster(inputs: InputReader): void {
  const given = [
    ["traffic", optional(inputs, "traffic")],
    ["kubeconfig", optional(inputs, "kubeconfig")],
    ["context", optional(inputs, "context")],
    ["server", optional(inputs, "server")],
    ["certificate-authority", optional(inputs, "certificate-authority")],
    ["oidc-audience", optional(inputs, "oidc-audience")],
  ].find(([, text]) => text !== undefined);
  if (given === undefined) return;
  throw new ConfigError(`Input "${given[0]}" must be empty in mode analyze, which never touches a cluster`);
}

function prometheusUrl(inputs: InputReader): string {
  const base = url(inputs, "prometheus-url");
  if (base.username !== "" || base.password !== "") {
    throw new ConfigError('Input "prometheus-url" must not hold credentials: got a URL with a user');
  }
  if (base.search !== "" || base.hash !== "") {
    throw new ConfigError(
      `Input "prometheus-url" must end with its path: got "${base.search}${base.hash}" after it`,
    );
  }
  return base.href.replace(/\/+$/, "");
}

const oneMatcher = String.raw`[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"`;
const matcherList = new RegExp(String.raw`^${oneMatcher}(?:\s*,\s*${oneMatcher})*$`);

function matchers(input: string, text: string): string {
  if (matcherList.test(text)) return text;
  throw new ConfigError(`Input "${input}" must be label matchers such as track="stable": got "${text}"`);
}

function duration(inputs: InputReader, name: string): number {
  const ms = durationMs(inputs, name);
  if (ms >= 1000 && ms <= 24 * 3_600_000) return ms;
  throw new ConfigError(`Input "${name}" must be from 1s to 24h: got "${inputs.get(name)}"`);
}

function notBelow(ms: number, intervalMs: number, name: string): number {
  if (ms >= intervalMs) return ms;
  throw new ConfigError(`Input "${name}" must not be shorter than interval (${intervalMs} ms): got ${ms} ms`);
}
