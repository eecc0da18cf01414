import { combine, fail, pass, type Verdict } from "../../../core/verdict.ts";
import type { ReleaseState } from "../../../domain/record/state.ts";
import { judgeBeforeWrite } from "../before-write.ts";
import { applyDefinitions, type DefinitionPlan, planDefinitions } from "../definitions.ts";
import { startDeployment } from "../github-deployment.ts";
import { judgeGuard } from "../guard.ts";
import { openRecordOf } from "../open-record.ts";
import { observeCurrent } from "../records.ts";
import { type PreparedChart, withChart } from "../render.ts";
import { type PhaseOutcome, refusedOutputs, type Session } from "../session.ts";
import { unchanged } from "../unchanged.ts";
import { doneAlready } from "./again.ts";
import { type Colours, nameProblems, pairProblems, renderColours } from "./check-pair.ts";
import { installColour } from "./install.ts";
import { bringHome, planHomecoming } from "./left-over.ts";
import { type Pair, readPair } from "./pair.ts";

/**
 * Installs the version under the idle colour: ready, as many pods as serve now, no traffic. The first one has nothing
 * beside it and serves at once. Nothing is changed before everything that can be known has been judged.
 */
export function deployColour(session: Session): Promise<PhaseOutcome> {
  return withChart(session, async (chart) => {
    const state = await session.store.read();
    const home = planHomecoming(state, await readPair(session, state));
    const { pair } = home;
    const guard = await judgeStart(session, state, pair);
    if (guard.kind !== "pass") return { verdict: guard, outputs: refusedOutputs };
    const colours = await renderColours(session, chart, pair);
    const definitions = await planDefinitions(session, chart, colours.tried);
    const verdict = await judgeColours(session, { pair, colours, chart }, definitions);
    if (verdict.kind !== "pass") return { verdict, outputs: refusedOutputs };
    const serving = { rendered: colours.other, history: pair.live?.history ?? [] };
    const same = await unchanged(session, { state, chart, definitions, ...serving });
    const done = same ?? doneAlready(session, { state, pair, chart, colours });
    if (done !== undefined) return done;
    await bringHome(session, state, home);
    await applyDefinitions(session, definitions);
    const record = await openColourRecord(session, { state, pair, chart, colours });
    return installColour(session, { chart: chart.chart, pair, tried: colours.tried, record });
  });
}

async function judgeStart(session: Session, state: ReleaseState, pair: Pair): Promise<Verdict> {
  const inputs = { ...session.inputs, release: pair.idle.release };
  const guard = await judgeGuard({ ...session, inputs }, state, pair.idle.history);
  if (guard.kind !== "pass") return guard;
  return sentences(await nameProblems(session, state, pair));
}

interface Judged {
  readonly pair: Pair;
  readonly chart: PreparedChart;
  readonly colours: Colours;
}

async function judgeColours(
  session: Session,
  { pair, chart, colours }: Judged,
  definitions: DefinitionPlan,
): Promise<Verdict> {
  const problems = sentences(await pairProblems(session, pair, colours));
  if (problems.kind !== "pass") return problems;
  const ready = { chart, stable: colours.tried, history: pair.live?.history ?? [] };
  return judgeBeforeWrite(session, ready, definitions);
}

async function openColourRecord(
  session: Session,
  { state, pair, chart, colours }: Judged & { readonly state: ReleaseState },
) {
  const { live } = pair;
  if (live !== undefined) {
    const serving = { helmRelease: live.release, history: live.history };
    const unknown = await observeCurrent(session, state, serving);
    if (unknown !== undefined) session.context.runner.annotate({ level: "warning", message: unknown });
  }
  const history = live?.history ?? [];
  const record = await openRecordOf(session, chart, { rendered: colours.tried, history });
  await startDeployment(session, record);
  return record;
}

function sentences(problems: readonly string[]): Verdict {
  return combine([pass, ...problems.map((one) => fail(one))]);
}
