import type { ReleaseState } from "../../../domain/record/state.ts";
import { colourConflicts, type ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import { otherColour } from "../../../domain/release/colours.ts";
import { frontConflicts } from "../../../domain/release/front-conflicts.ts";
import { deployedRevision } from "../../../domain/release/history.ts";
import { type PreparedChart, type Rendered, renderStable } from "../render.ts";
import type { Session } from "../session.ts";
import { installedObjects } from "./follow.ts";
import { backendOf, frontOf, otherRelease, type Pair } from "./pair.ts";
import { isInstalled, isOurs } from "./tried-release.ts";

/** The chart as both colours would have it. */
export interface Colours {
  /** What is about to be installed. */
  readonly tried: Rendered;
  /** The same chart under the other colour's name. */
  readonly other: Rendered;
}

/** Renders the chart for both colours: what one of them alone does not show is where they get in each other's way. */
export async function renderColours(
  session: Session,
  chart: PreparedChart,
  { idle }: Pair,
): Promise<Colours> {
  const render = (release: string) =>
    renderStable(session.cluster.helm, { inputs: { ...session.inputs, release }, chart, isUpgrade: false });
  const [tried, other] = await Promise.all([
    render(idle.release),
    render(otherRelease(session.inputs.release, idle.colour)),
  ]);
  return { tried, other };
}

/** Why this chart cannot run in two colours behind this front, one sentence each. Changes nothing. */
export async function pairProblems(
  session: Session,
  pair: Pair,
  { tried, other }: Colours,
): Promise<readonly string[]> {
  const serving = pair.live === undefined ? [] : await servingObjects(session, pair.live.release);
  const conflicts = [
    ...colourConflicts(other, tried),
    // What serves may be of another version of the chart.
    ...serving.flatMap((one) => colourConflicts(one, tried)),
    ...claims(session, pair, { tried, other }),
  ];
  if (conflicts.length > 0) return [...new Set(conflicts)];
  return frontProblems(session, pair);
}

async function servingObjects(session: Session, release: string): Promise<readonly ReleaseObjects[]> {
  const history = await session.cluster.helm.history(release, session.inputs.namespace);
  return isInstalled(history) ? [await installedObjects(session, release)] : [];
}

function claims(session: Session, { idle }: Pair, { tried, other }: Colours): readonly string[] {
  const { traffic } = frontOf(session);
  const claim = (side: ReleaseObjects, colour: typeof idle.colour) =>
    frontConflicts({ ...side, front: traffic.route, ...backendOf(traffic, colour) });
  return [...claim(tried, idle.colour), ...claim(other, otherColour(idle.colour))];
}

async function frontProblems(session: Session, { live }: Pair): Promise<readonly string[]> {
  const { front, traffic } = frontOf(session);
  // Before the first deploy a Service in front is not there yet; a route must be.
  if (live === undefined && traffic.provider === "service") return front.problems();
  return front.problems(0, 100);
}

/** Why blue-green cannot begin here: what stands under the names is not ours, or was made by another strategy. */
export async function nameProblems(
  session: Session,
  state: ReleaseState,
  { idle }: Pair,
): Promise<readonly string[]> {
  const { cluster, inputs } = session;
  const plain = await cluster.helm.history(inputs.release, inputs.namespace);
  const isPlain = deployedRevision(plain) !== undefined;
  const isForeign = isInstalled(idle.history) && !(await isOurs(session, state, idle.release));
  return [
    ...(isPlain
      ? [
          `Release ${inputs.release} runs without colours: deploy blue-green under another release name, move the traffic to its front, then uninstall ${inputs.release}`,
        ]
      : []),
    ...(isForeign
      ? [
          `Release ${idle.release} is there and no record of ours knows it: remove it, or name the release differently`,
        ]
      : []),
  ];
}
