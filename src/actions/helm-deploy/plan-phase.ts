import { combine, fail, pass, type Verdict } from "../../core/verdict.ts";
import {
  minimumTime,
  type Prediction,
  predictRollback,
  predictRollout,
} from "../../domain/plan/prediction.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { judgeLooseImages, looseImages } from "../../domain/release/loose-images.ts";
import { notRolledBack } from "../../domain/release/not-rolled-back.ts";
import { unstableFields } from "../../domain/release/unstable.ts";
import { type CapacityRequest, capacityWarnings } from "./capacity-warnings.ts";
import { type SeenChanges, seeChanges } from "./changes.ts";
import { type DefinitionPlan, planDefinitions } from "./definitions.ts";
import { askCluster } from "./dry-run.ts";
import { withLiveCounts } from "./live-counts.ts";
import { basics, planOf, writePlan } from "./plan-document.ts";
import { downtimeOf, type PlanSubject, planSubject } from "./plan-subject.ts";
import { planDiff, planSummary } from "./plan-summary.ts";
import { planWarnings } from "./plan-warnings.ts";
import { type PreparedChart, type Rendered, renderAgain, withChart } from "./render.ts";
import { type ResolvedImages, resolveImages } from "./resolve-images.ts";
import type { PhaseOutcome, Preparation, Session } from "./session.ts";
import { predictionText } from "./summary.ts";

/** Says what a deploy would change, how long it and its undoing would take, and what it may not do. Changes nothing. */
export function planPhase(session: Session): Promise<PhaseOutcome> {
  return withChart(session, async (chart) => {
    const state = await session.store.read();
    const subject = await planSubject(session, chart, state);
    return conclude(session, chart, { state, subject, ...(await look(session, chart, subject)) });
  });
}

interface Looked {
  readonly seen: SeenChanges;
  readonly definitions: DefinitionPlan;
  readonly resolved: ResolvedImages;
  /** What speaks against the plan, one sentence each. */
  readonly problems: readonly string[];
  readonly looseWarnings: readonly string[];
  /** About numbers of pods, and the room for them. */
  readonly capacity: readonly string[];
}

async function look(session: Session, chart: PreparedChart, subject: PlanSubject): Promise<Looked> {
  const { applied, compared, candidate, last } = subject;
  const beside = [candidate, applied === compared ? undefined : applied].filter((one) => one !== undefined);
  const loose = looseImages(applied.images);
  const { mutableTags } = session.inputs.chartSource;
  const isUpgrade = applied === compared;
  const counted = isUpgrade
    ? await plannedCounts(session, chart, applied)
    : { next: compared, sentences: [] };
  const [seen, definitions, resolved, refused, capacity] = await Promise.all([
    seeChanges(session, { last, next: counted.next }),
    planDefinitions(session, chart, applied),
    resolveImages(session, mutableTags === "resolve" ? loose.map(({ image }) => image) : []),
    Promise.all(beside.map((one) => refusalsOf(session, one))),
    capacityWarnings(session, capacityOf(subject)),
  ]);
  const isApproved = session.inputs.environment !== "" && session.inputs.approval === "required";
  const judged = judgeLooseImages(loose, { isApproved, resolved: new Set(Object.keys(resolved.digests)) });
  const again = await renderAgain(session, chart, applied);
  return {
    seen,
    definitions,
    resolved,
    problems: [
      ...seen.refused,
      ...definitions.refused,
      ...refused.flat(),
      ...judged.refused,
      ...unstableFields(applied.objects, again.objects),
    ],
    looseWarnings: [...judged.warned, ...resolved.problems.map((one) => `${one}.`)],
    capacity: [...counted.sentences.map((one) => `${one}.`), ...capacity],
  };
}

/** What an upgrade applies: counts that autoscalers own are left as they are, and are no change. */
function plannedCounts(session: Session, chart: PreparedChart, rendered: Rendered) {
  return withLiveCounts(session, { chart, rendered }, async (plan) => ({
    next: plan.rendered,
    sentences: plan.sentences,
  }));
}

function capacityOf({ applied, compared, candidate, last }: PlanSubject): CapacityRequest {
  const tried = candidate ?? (applied === compared ? undefined : applied);
  return tried === undefined ? { objects: applied.objects } : { objects: tried.objects, serving: last };
}

/** What stands beside what serves is new: whether the cluster would take it is all there is to know. */
async function refusalsOf(session: Session, rendered: Rendered): Promise<readonly string[]> {
  const asked = await askCluster(session, rendered);
  return asked.kind === "refused" ? asked.reasons : [];
}

interface Findings extends Looked {
  readonly state: ReleaseState;
  readonly subject: PlanSubject;
}

async function conclude(session: Session, chart: PreparedChart, findings: Findings): Promise<PhaseOutcome> {
  const { inputs } = session;
  const { state, subject, seen, definitions } = findings;
  const { serving, candidate, applied } = subject;
  const rollout = predictRollout(state.records, applied.objects);
  const isFirst = serving === undefined;
  const strategy = inputs.strategy === "canary" && candidate === undefined ? "rolling" : inputs.strategy;
  const rollback = predictRollback(rollout, { strategy, isFirst });
  const changed = seen.changes.length > 0 || definitions.changes.length > 0;
  const plan = planOf(session, chart, { ...findings, changed, rollout, rollback });
  const diff = planDiff(seen, definitions);
  const written = await writePlan(session, plan, diff);
  return {
    verdict: verdictOf(findings),
    outputs: {
      ...written,
      changed: String(changed),
      "predicted-rollback-seconds": String(rollback.seconds),
      "candidate-release": candidate?.release ?? plan.helmRelease ?? "",
      ...(serving === undefined ? {} : { revision: String(serving.revision) }),
    },
    details: { plan: { ...plan }, rollout: { ...rollout }, rollback: { ...rollback }, drift: drifted(seen) },
    summary: planSummary(session, {
      rows: rowsOf(session, findings, { rollout, rollback }),
      diff,
      warnings: [
        ...planWarnings(session, { ...findings, rollback, reusedFrom: chart.reusedFrom }),
        ...findings.capacity,
      ],
      notRolledBack: notRolledBack(applied.objects),
    }),
  };
}

function verdictOf({ subject, problems }: Findings): Verdict {
  return combine([subject.verdict, ...[...new Set(problems)].map((one) => fail(one))]);
}

function drifted({ drift }: SeenChanges): readonly string[] {
  return drift.map(
    ({ object, fields }) => `${object}: ${fields.map(({ path }) => path).join(", ") || "gone"}`,
  );
}

interface Predictions {
  readonly rollout: Prediction;
  readonly rollback: Prediction;
}

function rowsOf(
  { inputs }: Session,
  { subject, seen }: Findings,
  { rollout, rollback }: Predictions,
): readonly (readonly [string, string | undefined])[] {
  const { serving, candidate, applied, compared } = subject;
  const now = serving === undefined ? "no release yet" : `revision ${serving.revision}, ${serving.chart}`;
  const served = applied === compared ? now : `\`${compared.release}\`, ${now}`;
  return [
    ["serves now", served],
    ["installs", applied === compared ? undefined : `\`${applied.release}\`, without traffic first`],
    ["candidate", candidate === undefined ? undefined : `\`${candidate.release}\`, at weight 0 first`],
    ["compared", seen.how],
    ["rollout is expected to take", predictionText(rollout)],
    ["in all at least", minimumTime(inputs.strategy, rollout, inputs.rolloutRules.watchMs)],
    ["downtime", downtimeOf(inputs.strategy, subject, rollout.seconds)],
    ["a rollback would take", predictionText(rollback)],
  ];
}

/** The plan where no identity may read the cluster: image, values and gates are fixed, what changes is not known. */
export function planWithoutCluster(preparation: Preparation): Promise<PhaseOutcome> {
  return withChart(preparation, async (chart) => {
    const images = preparation.inputs.images.map(({ digest }) => digest);
    const plan = { ...basics(preparation, chart), images, changed: true };
    const unread =
      "not read: plan-environment is empty, so no identity may read the cluster before the approval";
    const written = await writePlan(preparation, plan, `${unread}\n`);
    return {
      verdict: pass,
      outputs: { ...written, changed: "true", "candidate-release": "" },
      details: { plan: { ...plan } },
      summary: planSummary(preparation, {
        rows: [["serves now", unread]],
        diff: unread,
        warnings: ["What changes, and how long a rollback would take, could not be read."],
        notRolledBack: [],
      }),
    };
  });
}
