import { ConfigError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import { type ImageReference, parseReference } from "../../domain/image/reference.ts";
import { type Strategy, strategies } from "../../domain/record/record.ts";
import { pairTraffic } from "../../domain/release/colours.ts";
import { type ChartImage, isValues, type Values } from "../../domain/release/image-values.ts";
import { strategyProblem, type Traffic } from "../../domain/traffic/traffic.ts";
import { type ClusterAccess, type HelmChoice, readClusterAccess } from "../../platform/cluster-access.ts";
import type { Runner } from "../../platform/github-runner.ts";
import { boolean, durationMs, lines, list, oneOf, optional, required } from "../../platform/inputs.ts";
import { type Credentials, readRegistryLogin } from "../../platform/registry-auth.ts";
import { readTrafficText, toTraffic } from "../../platform/traffic-input.ts";
import { parseYamlInput } from "../../platform/yaml.ts";
import { type ChartSource, readChartSource } from "./chart-inputs.ts";
import { type RolloutRules, readRolloutRules } from "./rollout-inputs.ts";

export const phases = ["plan", "deploy", "promote", "abort", "finish"] as const;
export type Phase = (typeof phases)[number];

export interface HelmDeployInputs {
  readonly phase: Phase;
  readonly release: string;
  readonly namespace: string;
  readonly access: ClusterAccess;
  readonly strategy: Strategy;
  readonly chart?: string;
  readonly chartSource: ChartSource;
  readonly values: readonly string[];
  readonly set: Values;
  readonly candidateSet: Values;
  /** The first one is the version that is deployed. */
  readonly images: readonly ChartImage[];
  readonly version: string;
  readonly createNamespace: boolean;
  readonly plan?: string;
  readonly traffic?: Traffic;
  readonly trafficText: string;
  /** For the whole step; what is left of it is what each part gets. */
  readonly timeoutMs: number;
  readonly rolloutRules: RolloutRules;
  readonly onFailure: "rollback" | "keep";
  readonly environment: string;
  readonly approval: "required" | "none";
  readonly planEnvironment: string;
  readonly recoveryEnvironment: string;
  readonly evidence: readonly string[];
  readonly require: readonly string[];
  readonly registryLogin?: Credentials;
  readonly githubToken?: string;
}

/** Asks a registry what a tag points to now. */
export type ResolveTag = (reference: ImageReference, login: Credentials | undefined) => Promise<ImageDigest>;

/** Reads every input; nothing has been touched when one is refused, and only tags that are to be resolved are asked about. */
export async function readInputs(runner: Runner, resolveTag?: ResolveTag): Promise<HelmDeployInputs> {
  const phase = oneOf(runner, "phase", phases);
  const strategy = oneOf(runner, "strategy", strategies);
  const chart = optional(runner, "chart");
  const plan = optional(runner, "plan");
  const githubToken = optional(runner, "github-token");
  const registryLogin = readRegistryLogin(runner);
  const release = readRelease(runner, strategy);
  const given = await readTrafficText(runner, "traffic");
  const trafficText = given.trim() === "" && strategy === "blue-green" ? pairTraffic(release) : given;
  const chartSource = readChartSource(runner);
  const access = { ...readClusterAccess(runner, runner.env), helm: helmChoice(chartSource) };
  const read: HelmDeployInputs = {
    phase,
    strategy,
    release,
    namespace: access.namespace,
    access,
    ...(chart === undefined ? {} : { chart }),
    chartSource,
    values: lines(runner, "values"),
    set: await mapping("set", runner.get("set")),
    candidateSet: await mapping("candidate-set", runner.get("candidate-set")),
    images: await readImages(
      runner.get("image"),
      chartSource.mutableTags === "resolve"
        ? (reference) => resolveTag?.(reference, registryLogin)
        : () => undefined,
    ),
    version: optional(runner, "version") ?? "",
    createNamespace: boolean(runner, "create-namespace"),
    ...(plan === undefined ? {} : { plan }),
    ...trafficOf(await toTraffic(trafficText)),
    trafficText,
    timeoutMs: readTimeout(runner),
    rolloutRules: readRolloutRules(runner),
    onFailure: oneOf(runner, "on-failure", ["rollback", "keep"]),
    environment: optional(runner, "environment") ?? "",
    approval: oneOf(runner, "approval", ["required", "none"]),
    planEnvironment: optional(runner, "plan-environment") ?? "",
    recoveryEnvironment: optional(runner, "recovery-environment") ?? "",
    evidence: lines(runner, "evidence"),
    require: list(runner, "require"),
    ...(registryLogin === undefined ? {} : { registryLogin }),
    ...(githubToken === undefined ? {} : { githubToken }),
  };
  checkTogether(read);
  return read;
}

function helmChoice({ helmVersion, historyMax }: ChartSource): HelmChoice {
  return { historyMax, ...(helmVersion === undefined ? {} : { version: helmVersion }) };
}

function trafficOf(traffic: Traffic | undefined) {
  return traffic === undefined ? {} : { traffic };
}

function checkTogether(read: HelmDeployInputs): void {
  const { phase, strategy, traffic } = read;
  // A colour that is promoted stands already; a canary's promotion is an upgrade of the stable release.
  const isRendering =
    phase === "plan" || phase === "deploy" || (phase === "promote" && strategy !== "blue-green");
  if (isRendering && read.chart === undefined)
    throw new ConfigError(`Input "chart" is required for phase ${phase}: got nothing`);
  if (phase !== "abort" && read.images.length === 0)
    throw new ConfigError(`Input "image" is required for phase ${phase}: got nothing`);
  if (strategy === "canary" && traffic === undefined)
    throw new ConfigError('Input "traffic" is required for strategy canary: got nothing');
  const hasSides = strategy === "canary" || strategy === "blue-green";
  if (!hasSides && (phase === "promote" || phase === "abort"))
    throw new ConfigError(`Input "phase" ${phase} is for strategies canary and blue-green: got ${strategy}`);
  const unfit = traffic === undefined ? undefined : strategyProblem(traffic, strategy);
  if (unfit !== undefined) throw new ConfigError(`Input "traffic" does not fit the strategy: ${unfit}`);
  if (
    read.environment !== "" &&
    read.approval === "required" &&
    read.githubToken === undefined &&
    phase !== "finish" &&
    phase !== "abort"
  )
    throw new ConfigError(
      'Input "github-token" is required to see that the environment asks for approval (approval: none opts out): got nothing',
    );
  const gates = read.require.length > 0 && read.evidence.length === 0;
  if (gates) throw new ConfigError('Input "evidence" is required with "require": got nothing');
}

// The candidate's release, or a colour's, is named after it and must fit into Helm's 53 characters too.
const candidateSuffix = "-candidate";
const suffixes: Partial<Record<Strategy, string>> = { canary: candidateSuffix, "blue-green": "-green" };
const longestRelease = 53;

function readRelease(runner: Runner, strategy: Strategy): string {
  const text = required(runner, "release");
  const longest = longestRelease - (suffixes[strategy]?.length ?? 0);
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) && text.length <= longest) return text;
  throw new ConfigError(
    `Input "release" must be lower case letters, digits and hyphens, at most ${longest} for ${strategy}: got "${text}"`,
  );
}

/** The release under which the candidate runs beside the stable one. */
export function candidateReleaseOf(release: string): string {
  return `${release}${candidateSuffix}`;
}

const shortestTimeoutMs = 5_000;
const longestTimeoutMs = 3_600_000;

function readTimeout(runner: Runner): number {
  const ms = durationMs(runner, "timeout");
  if (ms >= shortestTimeoutMs && ms <= longestTimeoutMs) return ms;
  throw new ConfigError(`Input "timeout" must be from 5s to 1h: got "${runner.get("timeout")}"`);
}

async function mapping(name: string, text: string): Promise<Values> {
  if (text === "") return {};
  const value = await parseYamlInput(name, text);
  if (isValues(value)) return value;
  throw new ConfigError(`Input "${name}" must be a YAML mapping: got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "nothing" : `a ${typeof value}`;
}

type Resolve = (reference: ImageReference) => Promise<ImageDigest> | undefined;

async function readImages(text: string, resolve: Resolve): Promise<readonly ChartImage[]> {
  if (text === "") return [];
  if (!/[\n{]|:\s/.test(text)) return [await chartImage(text, resolve)];
  const value = await parseYamlInput("image", text);
  if (!isRecord(value))
    throw new ConfigError(`Input "image" must be an image or a YAML mapping: got ${kindOf(value)}`);
  return Promise.all(
    Object.entries(value).map(async ([path, reference]) => {
      if (typeof reference !== "string" || !/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(path))
        throw new ConfigError(
          `Input "image" must map values paths to images: got "${path}": ${kindOf(reference)}`,
        );
      return { ...(await chartImage(reference, resolve)), valuesPath: path };
    }),
  );
}

async function chartImage(text: string, resolve: Resolve): Promise<ChartImage> {
  const reference = parseReference(text, "image");
  const digest = reference.digest ?? (await resolve(reference));
  if (digest !== undefined) return { reference, digest };
  throw new ConfigError(
    `Input "image" must name the image by digest (…@sha256:…), or "mutable-tags" must be resolve: got "${text}"`,
  );
}
