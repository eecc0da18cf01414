import type { ReplayChanges } from "../../domain/canary/replay-rules.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { oneOf, optional, required } from "../../platform/inputs.ts";
import { refuseBesidesPast } from "./past-inputs.ts";
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

/** A replay asks nobody and vouches for nothing. */
function refuseOther(inputs: InputReader): void {
  const others = ["prometheus-url", "series", "baseline", "candidate", "steps"];
  refuseBesidesPast(inputs, { mode: "replay", reads: "the evidence file", others });
}
