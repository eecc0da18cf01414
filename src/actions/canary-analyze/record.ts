import type { Metric } from "../../domain/canary/metric.ts";
import {
  pointOf,
  type RecordedLook,
  type RecordedPlan,
  type Recording,
  withoutCounters,
} from "../../domain/canary/recording.ts";
import { smallestP } from "../../domain/canary/verdict.ts";
import type { CanaryInputs } from "./inputs.ts";
import type { CanaryOutcome } from "./run.ts";

/** Everything that decided this canary, so that it can be decided again. */
export function recordingOf(
  inputs: CanaryInputs,
  metrics: readonly Metric[],
  outcome: CanaryOutcome,
): Recording {
  const { confidence, toleratedRatio, unacceptableRatio, minimumRequests } = inputs;
  const { verdict, homeProblem, watch } = outcome;
  return {
    settings: { confidence, toleratedRatio, unacceptableRatio, minimumRequests, freshMs: watch.freshMs },
    plan: planOf(inputs),
    metrics,
    begun: withoutCounters(watch.begun()),
    looks: looksOf(outcome),
    ending: {
      verdict,
      ...(homeProblem === undefined ? {} : { homeProblem }),
      pValue: smallestP(metrics, watch.judgements()),
    },
  };
}

function planOf(inputs: CanaryInputs): RecordedPlan {
  if (inputs.mode === "analyze") return { kind: "analyze", durationMs: inputs.durationMs };
  return { kind: "ramp", steps: inputs.steps, promotesEarly: inputs.promotesEarly };
}

function looksOf({ watch, startedMs }: CanaryOutcome): readonly RecordedLook[] {
  return watch.looks.map(({ atMs, weight, problem, growths, values, judgements }, index) => {
    const timing = watch.timings.get(index);
    return {
      atMs: atMs - startedMs,
      ...(weight === undefined ? {} : { weight }),
      ...(timing === undefined ? {} : { timing }),
      ...(problem === undefined ? {} : { problem }),
      found: { growths, values },
      points: Object.fromEntries(judgements.map((one) => [one.name, pointOf(one)])),
    };
  });
}
