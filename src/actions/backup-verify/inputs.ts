import { parseDurationMs } from "../../core/duration.ts";
import { ConfigError } from "../../core/errors.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { boolean, durationMs, oneOf, optional, required } from "../../platform/inputs.ts";

export interface BackupInputs {
  /** Path or glob; of several the newest is taken. */
  readonly backup: string;
  /** A SHA-256, or the path of a file that holds it. */
  readonly checksum?: string;
  readonly baseline?: string;
  /** Path the restored tables and counts are written to, in the form of a baseline. */
  readonly learnBaseline?: string;
  readonly maxAgeMs?: number;
  readonly rtoMs?: number;
  readonly timeLimitMs: number;
  readonly allowSuperuser: boolean;
  readonly onInconclusive: "fail" | "warn";
}

export function readInputs(inputs: InputReader): BackupInputs {
  const backup = required(inputs, "backup");
  const checksum = optional(inputs, "checksum");
  const baseline = optional(inputs, "baseline");
  const learnBaseline = optional(inputs, "learn-baseline");
  const maxAge = optional(inputs, "max-age");
  const rto = optional(inputs, "rto");
  const timeLimitMs = durationMs(inputs, "time-limit");
  if (!(timeLimitMs > 0 && timeLimitMs <= 86_400_000)) {
    throw new ConfigError('Input "time-limit" must be longer than 0s and at most 24h');
  }
  if (/^[a-z0-9]+:\/\//i.test(backup)) {
    throw new ConfigError(
      `Input "backup" must be a path or glob on the runner: got "${withoutQuery(backup)}"`,
    );
  }
  return {
    backup,
    ...(checksum === undefined ? {} : { checksum }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(learnBaseline === undefined ? {} : { learnBaseline }),
    ...(maxAge === undefined ? {} : { maxAgeMs: parseDurationMs("max-age", maxAge) }),
    ...(rto === undefined ? {} : { rtoMs: parseDurationMs("rto", rto) }),
    timeLimitMs,
    allowSuperuser: boolean(inputs, "allow-superuser"),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

/** A signed address carries its credential in the query. */
function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/, "");
}
