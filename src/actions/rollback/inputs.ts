import { ConfigError } from "../../core/errors.ts";
import { parseTarget, type TargetHandle } from "../../domain/rollback/handle.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import { type ClusterAccess, readClusterAccess } from "../../platform/cluster-access.ts";
import type { Runner } from "../../platform/github-runner.ts";
import { boolean, durationMs, oneOf, optional, required } from "../../platform/inputs.ts";
import { type Credentials, readRegistryLogin } from "../../platform/registry-auth.ts";
import { readTraffic } from "../../platform/traffic-input.ts";

export interface RollbackInputs {
  readonly release: string;
  readonly mode: "rollback" | "recover";
  readonly to: TargetHandle;
  readonly reason: string;
  readonly isAutomatic: boolean;
  readonly allowUnverified: boolean;
  readonly verify: boolean;
  readonly timeLimitMs: number;
  readonly dryRun: boolean;
  readonly traffic?: Traffic;
  readonly environment?: string;
  readonly login?: Credentials;
  readonly access: ClusterAccess;
  readonly githubToken?: string;
}

export async function readInputs(inputs: Runner): Promise<RollbackInputs> {
  const mode = oneOf(inputs, "mode", ["rollback", "recover"]);
  const reason = optional(inputs, "reason");
  if (mode === "rollback" && reason === undefined)
    throw new ConfigError('Input "reason" is required to roll back: got nothing');
  const traffic = await readTraffic(inputs, "traffic");
  const environment = optional(inputs, "environment");
  const login = readRegistryLogin(inputs);
  const githubToken = optional(inputs, "github-token");
  return {
    release: readRelease(inputs),
    mode,
    to: parseTarget(required(inputs, "to")),
    reason: reason ?? "Its run ended before the rollout did",
    isAutomatic: boolean(inputs, "automatic"),
    allowUnverified: boolean(inputs, "allow-unverified"),
    verify: boolean(inputs, "verify"),
    timeLimitMs: readTimeLimit(inputs),
    dryRun: boolean(inputs, "dry-run"),
    access: readClusterAccess(inputs, inputs.env),
    ...(traffic === undefined ? {} : { traffic }),
    ...(environment === undefined ? {} : { environment }),
    ...(login === undefined ? {} : { login }),
    ...(githubToken === undefined ? {} : { githubToken }),
  };
}

function readRelease(inputs: Runner): string {
  const text = required(inputs, "release");
  if (/^[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?$/.test(text)) return text;
  throw new ConfigError(`Input "release" must be the name of a Helm release: got "${text}"`);
}

function readTimeLimit(inputs: Runner): number {
  const limitMs = durationMs(inputs, "time-limit");
  if (limitMs >= 10_000 && limitMs <= 3_600_000) return limitMs;
  throw new ConfigError(`Input "time-limit" must be from 10s to 1h: got "${inputs.get("time-limit")}"`);
}
