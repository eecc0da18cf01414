import { ConfigError } from "../../core/errors.ts";
import type { ReplayChanges } from "../../domain/canary/replay-rules.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { oneOf, optional, required } from "../../platform/inputs.ts";
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
  const given = [
    ["prometheus-url", optional(inputs, "prometheus-url")],
    ["series", optional(inputs, "series")],
    ["baseline", optional(inputs, "baseline")],
    ["candidate", optional(inputs, "candidate")],
    ["steps", optional(inputs, "steps")],
    ["traffic", optional(inputs, "traffic")],
    ["release", optional(inputs, "release")],
    ["image", optional(inputs, "image")],
    ["evidence", optional(inputs, "evidence")],
    ["require", optional(inputs, "require")],
    ["kubeconfig", optional(inputs, "kubeconfig")],
    ["context", optional(inputs, "context")],
    ["server", optional(inputs, "server")],
  ].find(([, text]) => text !== undefined);
  if (given === undefined) return;
  throw new ConfigError(
    `Input "${given[0]}" must be empty in mode replay, which reads the evidence file alone: got "${given[1]}"`,
  );
}
