import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import { fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import { notRolledBack } from "../../domain/release/not-rolled-back.ts";
import type { RollbackPlan } from "../../domain/rollback/plan.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { RollbackInputs } from "./inputs.ts";
import type { Journal } from "./journal.ts";
import type { Restored, Way } from "./restore.ts";
import type { TrafficHome } from "./traffic-home.ts";

export interface RollbackSeen {
  readonly plan: RollbackPlan;
  readonly isComplete: boolean;
  /** From the start until everything planned was done. */
  readonly seconds?: number;
  readonly home?: TrafficHome;
  readonly way?: Way;
  readonly restored?: Restored;
  readonly record?: string;
}

interface Told {
  readonly inputs: RollbackInputs;
  readonly journal: Journal;
}

/** Nothing had to be done. */
export function left(told: Told, sentence: string): ActionResult {
  return resultOf(told, { verdict: pass, sentence, outputs: { strategy: "none" }, details: {} });
}

/** Something might have to be done, and it is not known whether it may. */
export function unknown(told: Told, sentence: string): ActionResult {
  return resultOf(told, {
    verdict: inconclusive(sentence),
    sentence,
    outputs: { strategy: "none" },
    details: {},
  });
}

/** Nothing was touched, because it may not be. */
export function refused(told: Told, sentence: string): ActionResult {
  return resultOf(told, { verdict: fail(sentence), sentence, outputs: { strategy: "none" }, details: {} });
}

/** What was undone, or in a dry run would be. */
export function undone(told: Told, seen: RollbackSeen): ActionResult {
  const { plan, restored, way } = seen;
  const to = restored?.revision ?? (plan.target === undefined ? plan.from : undefined);
  return resultOf(told, {
    verdict: verdictOf(told),
    sentence: headline(told, seen),
    outputs: {
      strategy: strategyOf(plan),
      "from-revision": String(plan.from ?? ""),
      "to-revision": String(to ?? ""),
      "duration-seconds": seen.seconds === undefined ? "" : seen.seconds.toFixed(1),
      record: seen.record ?? "",
    },
    details: {
      plan: {
        from: plan.from,
        target: plan.target?.revision,
        proof: plan.target?.proof,
        candidateRelease: plan.candidateRelease,
        traffic: plan.traffic,
        undone: plan.undone?.id,
      },
      traffic: seen.home === undefined ? undefined : { ...seen.home },
      restored: restored === undefined ? undefined : { ...restored },
      images: way?.images,
      record: seen.record,
    },
    ...(way === undefined || plan.target === undefined ? {} : { kept: notRolledBack(way.objects) }),
    ...(plan.undone?.digest ? { digest: plan.undone.digest } : {}),
  });
}

function verdictOf({ journal }: Told): Verdict {
  const [first, ...more] = journal.problems;
  return first === undefined ? pass : fail(first, ...more);
}

function strategyOf({ candidateRelease, target }: RollbackPlan): string {
  if (candidateRelease !== undefined) return "canary";
  return target === undefined ? "none" : "rolling";
}

function headline({ inputs }: Told, { plan, restored, isComplete, seconds }: RollbackSeen): string {
  const { release } = inputs;
  const steps = [
    ...(plan.candidateRelease === undefined
      ? []
      : [`traffic away from ${plan.candidateRelease}, which is removed`]),
    ...(plan.target === undefined
      ? []
      : [`${release} to revision ${plan.target.revision} (${plan.target.proof})`]),
  ];
  if (steps.length === 0) return "Nothing to undo";
  if (inputs.dryRun) return `Would be done: ${steps.join("; ")}`;
  if (!isComplete) return `Not everything is undone: ${steps.join("; ")}`;
  const serves = restored === undefined ? `revision ${plan.from ?? "?"}` : `revision ${restored.revision}`;
  return `${release} serves ${serves} after ${(seconds ?? 0).toFixed(1)} s: ${steps.join("; ")}`;
}

interface Telling {
  readonly verdict: Verdict;
  readonly sentence: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly details: { readonly [key: string]: Json | undefined };
  /** What the way back does not bring back. */
  readonly kept?: readonly string[];
  readonly digest?: string;
}

function resultOf({ inputs, journal }: Told, telling: Telling): ActionResult {
  const { release, environment, access } = inputs;
  return {
    verdict: telling.verdict,
    mode: inputs.mode,
    subject: {
      release,
      namespace: access.namespace,
      ...(environment === undefined ? {} : { environment }),
      ...(telling.digest === undefined ? {} : { digest: telling.digest }),
    },
    outputs: telling.outputs,
    details: {
      ...telling.details,
      sentence: telling.sentence,
      reason: inputs.reason,
      isAutomatic: inputs.isAutomatic,
      dryRun: inputs.dryRun,
      allowed: {
        timeLimitMs: inputs.timeLimitMs,
        verify: inputs.verify,
        allowUnverified: inputs.allowUnverified,
      },
      steps: journal.steps.map((step) => ({ ...step })),
      notes: [...journal.notes],
      notUndone: telling.kept === undefined ? undefined : [...telling.kept],
    },
    summary: summaryOf(journal, telling),
    annotations: journal.notes.map((message) => ({ level: "notice" as const, message, title: "rollback" })),
  };
}

function summaryOf(journal: Journal, { sentence, kept = [] }: Telling): string {
  const rows = journal.steps.map(({ name, milliseconds, isDone, sentence: said }) =>
    [name, isDone ? "done" : "not done", formatMs(milliseconds), said].map(escapeCell).join(" | "),
  );
  const table =
    rows.length === 0
      ? []
      : ["", "| step | | time | |", "|---|---|---|---|", ...rows.map((row) => `| ${row} |`)];
  const notes = journal.notes.map((note) => `- ${escapeCell(note)}`);
  const remains =
    kept.length === 0
      ? []
      : ["", "A rollback does not undo:", "", ...kept.map((one) => `- ${escapeCell(one)}`)];
  return [escapeCell(sentence), ...table, ...(notes.length === 0 ? [] : ["", ...notes]), ...remains].join(
    "\n",
  );
}

function escapeCell(text: string): string {
  return text.replace(/[\\|<>`*_[\]]/g, "\\$&").replace(/\s+/g, " ");
}
