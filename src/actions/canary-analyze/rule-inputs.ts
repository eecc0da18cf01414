import { ConfigError } from "../../core/errors.ts";
import type { ReplayChanges } from "../../domain/canary/replay-rules.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { integer, number } from "../../platform/inputs.ts";

/** By what a canary is judged, beside its metrics. */
export interface RuleInputs {
  readonly confidence: number;
  readonly toleratedRatio: number;
  readonly unacceptableRatio: number;
  readonly minimumRequests: number;
}

/**
 * What holds where nothing is given. Not in action.yml: a replay keeps what is recorded unless something else is given,
 * and a default there could not be told from a wish.
 */
export const usualRules: RuleInputs = {
  confidence: 0.95,
  toleratedRatio: 1.2,
  unacceptableRatio: 2,
  minimumRequests: 50,
};

/** The rules of a new canary. */
export function readRules(inputs: InputReader): RuleInputs {
  const rules = { ...usualRules, ...optionalRules(inputs) };
  if (rules.unacceptableRatio > rules.toleratedRatio) return rules;
  throw new ConfigError(
    `Input "unacceptable-ratio" must be above tolerated-ratio (${rules.toleratedRatio}): got "${rules.unacceptableRatio}"`,
  );
}

/** The rules that are given. */
export function optionalRules(inputs: InputReader): ReplayChanges {
  const isGiven = (text: string) => text !== "";
  const confidence = isGiven(inputs.get("confidence"))
    ? number(inputs, "confidence", { min: 0.5, max: 0.9999 })
    : undefined;
  const toleratedRatio = isGiven(inputs.get("tolerated-ratio"))
    ? number(inputs, "tolerated-ratio", { min: 1, max: 10 })
    : undefined;
  const unacceptableRatio = isGiven(inputs.get("unacceptable-ratio"))
    ? number(inputs, "unacceptable-ratio", { min: 1, max: 100 })
    : undefined;
  const minimumRequests = isGiven(inputs.get("minimum-requests"))
    ? integer(inputs, "minimum-requests", { min: 1, max: 1_000_000_000 })
    : undefined;
  return {
    ...(confidence === undefined ? {} : { confidence }),
    ...(toleratedRatio === undefined ? {} : { toleratedRatio }),
    ...(unacceptableRatio === undefined ? {} : { unacceptableRatio }),
    ...(minimumRequests === undefined ? {} : { minimumRequests }),
  };
}
