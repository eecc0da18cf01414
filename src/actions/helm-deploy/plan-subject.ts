import { ConfigError } from "../../core/errors.ts";
import { combine, fail, pass, type Verdict } from "../../core/verdict.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { blueGreenWarnings } from "../../domain/release/blue-green-warnings.ts";
import { candidateConflicts } from "../../domain/release/candidate-conflicts.ts";
import { predictDowntime, recreateProblems } from "../../domain/release/downtime.ts";
import { deployedRevision, type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import type { ManifestObject } from "../../domain/release/manifest.ts";
import { ForbiddenError } from "../../platform/kubectl-errors.ts";
import { nameProblems, pairProblems, renderColours } from "./blue-green/check-pair.ts";
import { planHomecoming } from "./blue-green/left-over.ts";
import { readPair } from "./blue-green/pair.ts";
import { currentObjects } from "./current.ts";
import { judgeGuard } from "./guard.ts";
import { type PreparedChart, type Rendered, renderCandidate, renderStable } from "./render.ts";
import { routeProblems } from "./route-problems.ts";
import type { Session } from "./session.ts";
import { judgeStrategy } from "./strategy-change.ts";

/** What a plan is about: what serves, what is about to be applied, and what already speaks against it. */
export interface PlanSubject {
  /** Of the release that serves. */
  readonly history: readonly HelmRevision[];
  readonly serving?: HelmRevision;
  /** What serves, by its manifest. */
  readonly last: readonly ManifestObject[];
  /** What is installed or upgraded. */
  readonly applied: Rendered;
  /** The same under the name of what serves, so that the two can be compared. */
  readonly compared: Rendered;
  /** Of a canary that has something to be compared with. */
  readonly candidate?: Rendered;
  readonly verdict: Verdict;
  readonly warnings: readonly string[];
}

/** Finds out what the strategy would do now. Changes nothing. */
export async function planSubject(
  session: Session,
  chart: PreparedChart,
  state: ReleaseState,
): Promise<PlanSubject> {
  return session.inputs.strategy === "blue-green"
    ? colourSubject(session, chart, state)
    : releaseSubject(session, chart, state);
}

async function releaseSubject(
  session: Session,
  chart: PreparedChart,
  state: ReleaseState,
): Promise<PlanSubject> {
  const { cluster, inputs } = session;
  const history = await cluster.helm.history(inputs.release, inputs.namespace);
  const serving = deployedRevision(history);
  const isCanary = inputs.strategy === "canary" && serving !== undefined;
  const [strategy, applied, last, candidate, guard] = await Promise.all([
    judgeStrategy(session, state),
    renderStable(cluster.helm, { inputs, chart, isUpgrade: history.length > 0 }),
    currentObjects(session, history),
    isCanary ? renderCandidate(cluster.helm, { inputs, chart }) : undefined,
    judgeGuard(session, state, history),
  ]);
  const conflicts =
    candidate === undefined
      ? []
      : [
          ...candidateConflicts(applied.objects, candidate.objects),
          ...(await routeTroubles(session, candidate)),
        ];
  const frozen = inputs.strategy === "recreate" ? recreateProblems(applied.objects) : [];
  return {
    history,
    ...(serving === undefined ? {} : { serving }),
    last,
    applied,
    compared: applied,
    ...(candidate === undefined ? {} : { candidate }),
    verdict: combine([strategy, guard, ...[...conflicts, ...frozen].map((one) => fail(one))]),
    warnings:
      inputs.strategy === "canary" && serving === undefined
        ? ["There is no stable version to compare with, so the canary is left out."]
        : [],
  };
}

/** What is wrong with the route, as far as an identity that only looks may see it. */
async function routeTroubles(session: Session, candidate: Rendered): Promise<readonly string[]> {
  try {
    return await routeProblems(session, candidate);
  } catch (error) {
    if (error instanceof ForbiddenError) return [];
    if (error instanceof ConfigError) return [error.message];
    throw error;
  }
}

async function colourSubject(
  session: Session,
  chart: PreparedChart,
  state: ReleaseState,
): Promise<PlanSubject> {
  // A switch that nobody judged is taken back first, so the plan begins where the deploy will.
  const { pair } = planHomecoming(state, await readPair(session, state));
  const { live, idle } = pair;
  const history = live?.history ?? [];
  const serving = deployedRevision(history);
  const as = (release: string): Session => ({ ...session, inputs: { ...session.inputs, release } });
  const [strategy, guard, names, colours, last] = await Promise.all([
    judgeStrategy(session, state),
    judgeGuard(as(idle.release), state, idle.history),
    nameProblems(session, state, pair),
    renderColours(session, chart, pair),
    live === undefined ? [] : currentObjects(as(live.release), history),
  ]);
  const problems = [...names, ...(await pairProblems(session, pair, colours))];
  return {
    history,
    ...(serving === undefined ? {} : { serving }),
    last,
    applied: colours.tried,
    compared: live === undefined ? colours.tried : colours.other,
    verdict: combine([pass, strategy, guard, ...problems.map((one) => fail(one))]),
    warnings: blueGreenWarnings(colours.tried.objects),
  };
}

/** The last revision that is there, whatever became of it: a plan holds as long as it does not move. */
export function baseRevisionOf({ history }: Pick<PlanSubject, "history">): number {
  return lastRevision(history)?.revision ?? 0;
}

/** How long nobody would answer, as one sentence; undefined where old and new pods overlap. */
export function downtimeOf(
  strategy: string,
  { applied, serving }: Pick<PlanSubject, "applied" | "serving">,
  rolloutSeconds: number,
): string | undefined {
  if (strategy !== "recreate" || serving === undefined) return undefined;
  const downtime = predictDowntime(applied.objects, rolloutSeconds);
  if (downtime === undefined) return undefined;
  return `about ${downtime.seconds} s without an answer, and as long again for a rollback (${downtime.how})`;
}
