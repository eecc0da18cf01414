import { ConfigError } from "../../core/errors.ts";
import { isDigest } from "../../domain/image/digest.ts";
import { parseTarget, type TargetHandle } from "../../domain/rollback/handle.ts";
import type { Lifting } from "../../domain/rollback/hold.ts";
import { type Severity, severities } from "../../domain/rollback/urgency.ts";
import { type ClusterAccess, readClusterAccess } from "../../platform/cluster-access.ts";
import type { Runner } from "../../platform/github-runner.ts";
import { boolean, durationMs, oneOf, optional, required } from "../../platform/inputs.ts";
import { type Credentials, readRegistryLogin } from "../../platform/registry-auth.ts";
import { readTrafficText, toTraffic } from "../../platform/traffic-input.ts";

export const modes = ["rollback", "recover", "lift-hold"] as const;

export interface RollbackInputs {
  /** Empty in `recover`: every release of the namespace that we keep records of. */
  readonly release: string;
  readonly mode: (typeof modes)[number];
  readonly to: TargetHandle;
  /** What `lift-hold` lifts. */
  readonly lift: Lifting["what"];
  readonly reason: string;
  readonly severity: Severity;
  readonly isAutomatic: boolean;
  readonly allowUnverified: boolean;
  readonly allowDowntime: boolean;
  readonly ignoreSchemaLevel: boolean;
  readonly firstInstall: "keep" | "uninstall";
  readonly verify: boolean;
  readonly timeLimitMs: number;
  readonly dryRun: boolean;
  readonly trafficText: string;
  readonly environment?: string;
  readonly login?: Credentials;
  readonly access: ClusterAccess;
  readonly githubToken?: string;
}

export async function readInputs(inputs: Runner): Promise<RollbackInputs> {
  const mode = oneOf(inputs, "mode", modes);
  const reason = optional(inputs, "reason");
  if (mode !== "recover" && reason === undefined) {
    const what = mode === "rollback" ? "roll back" : "lift a hold";
    throw new ConfigError(`Input "reason" is required to ${what}: got nothing`);
  }
  const trafficText = await readTrafficText(inputs, "traffic");
  // A traffic that cannot be read is refused before anything is asked.
  await toTraffic(trafficText);
  const environment = optional(inputs, "environment");
  const login = readRegistryLogin(inputs);
  const githubToken = optional(inputs, "github-token");
  const to = required(inputs, "to");
  return {
    release: readRelease(inputs, mode),
    mode,
    to: mode === "lift-hold" ? { kind: "last-good" } : parseTarget(to),
    lift: mode === "lift-hold" ? readLift(to) : { kind: "all" },
    reason: reason ?? "Its run ended before the rollout did",
    severity: oneOf(inputs, "severity", severities),
    isAutomatic: boolean(inputs, "automatic"),
    allowUnverified: boolean(inputs, "allow-unverified"),
    allowDowntime: boolean(inputs, "allow-downtime"),
    ignoreSchemaLevel: boolean(inputs, "ignore-schema-level"),
    firstInstall: oneOf(inputs, "first-install", ["keep", "uninstall"]),
    verify: boolean(inputs, "verify"),
    timeLimitMs: readTimeLimit(inputs),
    dryRun: boolean(inputs, "dry-run"),
    trafficText,
    access: readClusterAccess(inputs, inputs.env),
    ...(environment === undefined ? {} : { environment }),
    ...(login === undefined ? {} : { login }),
    ...(githubToken === undefined ? {} : { githubToken }),
  };
}

function readRelease(inputs: Runner, mode: RollbackInputs["mode"]): string {
  if (mode === "recover" && optional(inputs, "release") === undefined) return "";
  const text = required(inputs, "release");
  if (/^[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?$/.test(text)) return text;
  throw new ConfigError(`Input "release" must be the name of a Helm release: got "${text}"`);
}

function readLift(text: string): Lifting["what"] {
  if (text === "all") return { kind: "all" };
  if (isDigest(text)) return { kind: "digest", digest: text };
  throw new ConfigError(`Input "to" must be a digest or all to lift a hold: got "${text}"`);
}

function readTimeLimit(inputs: Runner): number {
  const limitMs = durationMs(inputs, "time-limit");
  if (limitMs >= 10_000 && limitMs <= 3_600_000) return limitMs;
  throw new ConfigError(`Input "time-limit" must be from 10s to 1h: got "${inputs.get("time-limit")}"`);
}
