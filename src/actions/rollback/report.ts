import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import { fail, inconclusive, pass, type Verdict } from "../../core/verdict.ts";
import { meanRollbackTime } from "../../domain/rollback/mean-time.ts";
import { notUndone } from "../../domain/rollback/not-undone.ts";
import { recreated } from "../../domain/rollback/obstacles.ts";
import type { RollbackPlan } from "../../domain/rollback/plan.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { Seen } from "./act.ts";
import { holdOf } from "./begin.ts";
import type { Restored } from "./restore.ts";
import type { Story } from "./situation.ts";
import { summaryOf } from "./summary.ts";
import type { TrafficHome } from "./traffic-home.ts";
import type { Proven } from "./verify.ts";

export interface RollbackSeen extends Seen {
  readonly isComplete: boolean;
  /** From the start until what was returned to served alone and was verified. */
  readonly seconds?: number;
  readonly home?: TrafficHome;
  readonly restored?: Restored;
  readonly proven?: Proven;
  readonly record?: string;
}

/** Nothing had to be done. */
export function left(story: Story, sentence: string): ActionResult {
  return resultOf(story, { verdict: pass, sentence, outputs: { strategy: "none" }, details: {} });
}

/** Something might have to be done, and it is not known whether it may. */
export function unknown(story: Story, sentence: string): ActionResult {
  return resultOf(story, {
    verdict: inconclusive(sentence),
    sentence,
    outputs: { strategy: "none" },
    details: {},
  });
}

/** Nothing was touched, because it may not be. */
export function refused(story: Story, sentence: string): ActionResult {
  return resultOf(story, { verdict: fail(sentence), sentence, outputs: { strategy: "none" }, details: {} });
}

/** What was undone, or in a dry run would be. */
export function undone(story: Story, seen: RollbackSeen): ActionResult {
  const { task, restored, way, urgency, checklist } = seen;
  const { plan } = task;
  const to = restored?.revision ?? (plan.target === undefined ? (plan.serves ?? plan.from) : undefined);
  const [first, ...more] = story.journal.problems;
  const verdict = first === undefined ? pass : fail(first, ...more);
  const strategy = strategyOf(seen);
  const mean = meanOf(seen);
  return resultOf(story, {
    verdict,
    sentence: headline(story, seen),
    outputs: {
      strategy,
      "from-revision": String(plan.from ?? ""),
      "to-revision": String(to ?? ""),
      "duration-seconds": seen.seconds === undefined ? "" : seen.seconds.toFixed(1),
      record: seen.record ?? "",
    },
    details: {
      plan: planDetails(plan, strategy),
      urgency: { level: urgency.level, why: urgency.why },
      checks: checklist.all().map((one) => ({ ...one })),
      meanRollback: mean === undefined ? undefined : { ...mean },
      hold: seen.isComplete ? holdDetails(story, seen) : undefined,
      traffic: seen.home === undefined ? undefined : { ...seen.home },
      restored: restored === undefined ? undefined : { ...restored, ...seen.proven },
      images: way === undefined ? undefined : [...way.images],
      record: seen.record,
    },
    tables: seen,
    ...(way === undefined ? {} : { kept: notUndone(way.current) }),
    ...(plan.undone?.digest ? { digest: plan.undone.digest } : {}),
  });
}

function planDetails(plan: RollbackPlan, strategy: string): { readonly [key: string]: Json | undefined } {
  return {
    strategy,
    from: plan.from,
    target: plan.target?.revision,
    helmRelease: plan.target?.helmRelease,
    proof: plan.target?.proof,
    candidateRelease: plan.candidateRelease,
    traffic: plan.traffic,
    home: plan.home,
    first: plan.first,
    undone: plan.undone?.id,
    returned: plan.returned?.id,
  };
}

function holdDetails({ parts, inputs, context }: Story, { task }: RollbackSeen): Json | undefined {
  const { plan, attempt } = task;
  const target = plan.returned;
  const hold = holdOf(parts, { inputs, context, plan, attempt, target, way: undefined });
  return hold === undefined ? undefined : { ...hold };
}

/** The mean over the rollbacks on record and this one. */
function meanOf({ task, seconds, isComplete }: RollbackSeen) {
  const { records } = task.state;
  return meanRollbackTime(records, isComplete ? seconds : undefined);
}

function strategyOf({ task, way }: Seen): string {
  const { candidateRelease, target, strategy, first } = task.plan;
  if (first !== undefined && candidateRelease === undefined) return "first-install";
  if (strategy === "blue-green")
    return candidateRelease === undefined && target === undefined ? "none" : strategy;
  if (candidateRelease !== undefined) return "canary";
  if (target === undefined) return "none";
  return recreated(way?.objects ?? []).length > 0 ? "recreate" : "rolling";
}

function headline({ inputs }: Story, { task, restored, isComplete, seconds }: RollbackSeen): string {
  const { plan } = task;
  const { release } = inputs;
  const target = plan.target;
  const steps = [
    ...(plan.candidateRelease === undefined
      ? []
      : [`traffic away from ${plan.candidateRelease}, which is removed`]),
    ...(target === undefined
      ? []
      : [`${target.helmRelease ?? release} to revision ${target.revision} (${target.proof})`]),
    ...(plan.first === undefined ? [] : [`first install of ${plan.first}: ${inputs.firstInstall}`]),
  ];
  if (steps.length === 0) return "Nothing to undo";
  if (inputs.dryRun) return `Would be done: ${steps.join("; ")}`;
  if (!isComplete) return `Not everything is undone: ${steps.join("; ")}`;
  if (plan.first !== undefined) return steps.join("; ");
  const serves = `revision ${restored?.revision ?? plan.serves ?? plan.from ?? "?"}`;
  return `${release} serves ${serves} after ${(seconds ?? 0).toFixed(1)} s: ${steps.join("; ")}`;
}

interface Telling {
  readonly verdict: Verdict;
  readonly sentence: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly details: { readonly [key: string]: Json | undefined };
  readonly tables?: RollbackSeen;
  /** What the way back does not bring back. */
  readonly kept?: readonly string[];
  readonly digest?: string;
}

function resultOf({ inputs, journal, context }: Story, telling: Telling): ActionResult {
  const { release, environment, access } = inputs;
  const { tables } = telling;
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
      actor: context.run.actor,
      severity: inputs.severity,
      isAutomatic: inputs.isAutomatic,
      dryRun: inputs.dryRun,
      allowed: {
        timeLimitMs: inputs.timeLimitMs,
        verify: inputs.verify,
        allowUnverified: inputs.allowUnverified,
        allowDowntime: inputs.allowDowntime,
        ignoreSchemaLevel: inputs.ignoreSchemaLevel,
      },
      steps: journal.steps.map((step) => ({ ...step })),
      notes: [...journal.notes],
      notUndone: telling.kept === undefined ? undefined : [...telling.kept],
    },
    summary: summaryOf(journal, {
      lines: [telling.sentence, `Why: ${inputs.reason} (${context.run.actor || "unknown"})`],
      kept: telling.kept ?? [],
      ...(tables === undefined
        ? {}
        : { checklist: tables.checklist, urgency: tables.urgency, ...timesOf(tables) }),
    }),
    annotations: journal.notes.map((message) => ({
      level: "notice" as const,
      message,
      title: "rollback",
    })),
  };
}

function timesOf(seen: RollbackSeen) {
  const mean = meanOf(seen);
  if (mean === undefined) return {};
  return { time: `mean over ${mean.count} rollbacks: ${formatMs(mean.seconds * 1000)}` };
}
