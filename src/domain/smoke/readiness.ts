import { formatMs } from "../../core/duration.ts";
import { fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";

/** How a stage before the tests ended: waiting for readiness, or for the version. */
export interface StageOutcome {
  readonly stage: "ready" | "version";
  /** Method and path that were asked. */
  readonly shown: string;
  readonly end:
    | { readonly kind: "reached" }
    /** The service answered, but never what was waited for. */
    | { readonly kind: "not-reached"; readonly last: string }
    /** It will not answer without credentials: waiting is in vain. */
    | { readonly kind: "refused"; readonly status: number }
    /** Not one connection came about. */
    | { readonly kind: "unreachable"; readonly problem: string };
  readonly elapsedMs: number;
  readonly asked: number;
}

/** Unreachable and refused are gaps, not failures: nothing of the service was seen to judge. */
export function judgeStage({ stage, shown, end, elapsedMs }: StageOutcome): Verdict {
  const name = stage === "ready" ? "Not ready" : "Wrong version";
  switch (end.kind) {
    case "reached":
      return pass;
    case "not-reached":
      return fail(`${name} after ${formatMs(elapsedMs)}: ${shown} ${end.last}`);
    case "refused":
      return inconclusive(`${shown} was refused with ${end.status}: give credentials by the input "headers"`);
    case "unreachable":
      return inconclusive(`${shown} could not connect for ${formatMs(elapsedMs)}: ${end.problem}`);
  }
}
