import { fail, pass, type Verdict } from "../../core/verdict.ts";
import type { ReleaseState } from "../../domain/record/state.ts";
import { deployedRevision } from "../../domain/release/history.ts";
import { inFlightProblem, servingColour } from "../../domain/release/strategy-change.ts";
import type { Session } from "./session.ts";

/** Whether this strategy may act on what is there: what another one began, it must end; and colours stay colours. */
export async function judgeStrategy(session: Session, state: ReleaseState): Promise<Verdict> {
  const { inputs, cluster } = session;
  const { strategy, release, namespace } = inputs;
  const inFlight = inFlightProblem(state, strategy);
  if (inFlight !== undefined) return fail(inFlight);
  const colour = strategy === "blue-green" ? undefined : servingColour(state)?.helmRelease;
  if (colour === undefined || deployedRevision(await cluster.helm.history(colour, namespace)) === undefined)
    return pass;
  return fail(
    `Release ${release} runs in colours (${colour} serves): deploy it with strategy blue-green, or under another release name`,
  );
}
