import { judgeRollout, type Look, type RolloutMemory, startMemory } from "../rollout/judge.ts";
import type { Signal } from "../rollout/signal.ts";
import { workloadsOf } from "../rollout/view.ts";
import { type ColourCount, shortages } from "./colour-counts.ts";

/** What earlier looks at a colour have seen. */
export interface ColourMemory {
  readonly rollout: RolloutMemory;
  /** Since when pods are missing; absent while none is. */
  readonly shortSince?: number;
}

export type ColourVerdict =
  /** Every workload has the ready pods that it must have. */
  | { readonly kind: "complete" }
  | { readonly kind: "short"; readonly text: string }
  | { readonly kind: "failed"; readonly text: string; readonly signal?: Signal };

export interface ColourLook {
  readonly look: Look;
  readonly counts: readonly ColourCount[];
  /** Production's traffic goes to it: then missing pods are a failure, not a beginning. */
  readonly isServing: boolean;
}

export function startColourMemory(now: number): ColourMemory {
  return { rollout: startMemory(now) };
}

// One pod may move to another node; all of them gone is an outage from the first moment, but for a list that is re-read.
const shortGraceMs = 15_000;
const emptyGraceMs = 1_500;

/** One look at a colour: whether it can serve. No clock but `look.now`. */
export function judgeColour(
  memory: ColourMemory,
  { look, counts, isServing }: ColourLook,
): { readonly verdict: ColourVerdict; readonly memory: ColourMemory } {
  const judged = judgeRollout(memory.rollout, look);
  const missing = shortages(counts, workloadsOf(look.view, look.scope));
  const shortSince = missing.length === 0 ? undefined : (memory.shortSince ?? look.now);
  const next: ColourMemory = { rollout: judged.memory, ...(shortSince === undefined ? {} : { shortSince }) };
  return { memory: next, verdict: verdictOf() };

  function verdictOf(): ColourVerdict {
    if (judged.verdict.kind === "doomed") {
      const { signal } = judged.verdict;
      return { kind: "failed", text: signal.text, signal };
    }
    if (shortSince === undefined) return { kind: "complete" };
    const text = missing.map((one) => one.text).join("; ");
    const graceMs = missing.some(({ isEmpty }) => isEmpty) ? emptyGraceMs : shortGraceMs;
    const isOver = isServing && look.now - shortSince >= graceMs;
    return isOver ? { kind: "failed", text } : { kind: "short", text };
  }
}
