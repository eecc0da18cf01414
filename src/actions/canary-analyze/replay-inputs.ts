import { ConfigError } from "../../core/errors.ts";
import type { ReplayChanges } from "../../domain/canary/replay-rules.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { firstGiven, oneOf, optional, required } from "../../platform/inputs.ts";
import { optionalRules } from "./rule-inputs.ts";

export interface ReplayInputs {
  readonly mode: "replay";
  /** Path of an evidence file. */
  readonly replayFrom: string;
  /** Absent: as recorded. */
  readonly metrics?: string;
  readonly changes: ReplayChanges;
  readonly onInconclusive: "fail" | "warn";
}

export function readReplayInputs(inputs: InputReader): ReplayInputs {
  refuseOther(inputs);
  const metrics = optional(inputs, "metrics");
  return {
    mode: "replay",
    replayFrom: required(inputs, "replay-from"),
    ...(metrics === undefined ? {} : { metrics }),
    changes: optionalRules(inputs),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

/** What a replay has no use for is refused rather than left unused in silence: it asks nobody and vouches for nothing. */
function refuseOther(inputs: InputReader): void {
  const given = firstGiven(inputs, [
    "prometheus-url",
    "series",
    "baseline",
    "candidate",
    "steps",
    "traffic",
    "release",
    "image",
    "evidence",
    "require",
    "kubeconfig",
    "context",
    "server",
  ]);
  if (given === undefined) return;
  throw new ConfigError(
    `Input "${given.name}" must be empty in mode replay, which reads the evidence file alone: got "${given.text}"`,
  );
}
