import { combine, fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import type { Evidence } from "./evidence.ts";

export interface Requirement {
  /** The digest that is about to be trusted. */
  readonly digest: string;
  /** Names of actions that must have passed for this digest. */
  readonly require: readonly string[];
}

/** Whether the given evidence vouches for this digest. Evidence of another digest is refused, not ignored. */
export function judgeEvidence(evidence: readonly Evidence[], wanted: Requirement): Verdict {
  const foreign = evidence
    .filter((one) => one.subject.digest !== undefined && one.subject.digest !== wanted.digest)
    .map((one) => fail(`Evidence of ${one.action} names ${one.subject.digest}, not ${wanted.digest}`));
  const gates = wanted.require.map((gate) => judgeGate(gate, evidence, wanted.digest));
  return combine([pass, ...foreign, ...gates]);
}

function judgeGate(gate: string, evidence: readonly Evidence[], digest: string): Verdict {
  const ours = evidence.filter((one) => one.action === gate && one.subject.digest === digest);
  const last = ours.toSorted((a, b) => a.finishedAt.localeCompare(b.finishedAt)).at(-1);
  if (last === undefined) return inconclusive(`No evidence of ${gate} names ${digest}`);
  if (last.verdict === "pass") return pass;
  const why = last.reasons[0] === undefined ? "" : `: ${last.reasons[0]}`;
  return fail(`${gate} did not pass for ${digest}: its verdict is ${last.verdict}${why}`);
}
