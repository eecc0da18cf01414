import { ConfigError, OutsideError } from "../../../core/errors.ts";
import type { ReleaseState, RolloutState } from "../../../domain/record/state.ts";
import {
  type Colour,
  colourRelease,
  colours,
  liveColour,
  otherColour,
} from "../../../domain/release/colours.ts";
import { deployedRevision, type HelmRevision } from "../../../domain/release/history.ts";
import type { Traffic, TrafficBackend } from "../../../domain/traffic/traffic.ts";
import { type TrafficSwitch, trafficSwitch } from "../../../platform/traffic.ts";
import type { Session } from "../session.ts";

/** One colour of the pair, as Helm knows it. */
export interface ColourSide {
  readonly colour: Colour;
  readonly release: string;
  readonly history: readonly HelmRevision[];
}

/** The two colours as the front object and Helm show them now; nothing of it is remembered. */
export interface Pair {
  /** The colour that production's traffic goes to; absent before the first deploy. */
  readonly live?: ColourSide;
  /** The colour that a deploy installs. */
  readonly idle: ColourSide;
}

/** The front of the pair. Without one there is nothing to switch. */
export function frontOf({ cluster, inputs }: Session): {
  readonly traffic: Traffic;
  readonly front: TrafficSwitch;
} {
  const { traffic } = inputs;
  if (traffic === undefined)
    throw new ConfigError('Input "traffic" is required for strategy blue-green: got nothing');
  return { traffic, front: trafficSwitch(cluster.kubectl, traffic, inputs.namespace) };
}

/** The Service of a colour: in the traffic of a pair, stable is blue's backend and candidate is green's. */
export function backendOf(traffic: Traffic, colour: Colour): TrafficBackend {
  return colour === "blue" ? traffic.stable : traffic.candidate;
}

/** Finds out which colour serves by asking the front object, and which one is free. */
export async function readPair(session: Session, state: ReleaseState): Promise<Pair> {
  const [blue, green] = await Promise.all(colours.map((colour) => sideOf(session, colour)));
  if (blue === undefined || green === undefined) throw new Error("there are two colours");
  const isEmpty = [blue, green].every(({ history }) => deployedRevision(history) === undefined);
  const live = isEmpty ? undefined : await liveOf(session, colouredRollout(state));
  if (live === undefined) return { idle: blue };
  return live === "blue" ? { live: blue, idle: green } : { live: green, idle: blue };
}

async function sideOf({ cluster, inputs }: Session, colour: Colour): Promise<ColourSide> {
  const release = colourRelease(inputs.release, colour);
  return { colour, release, history: await cluster.helm.history(release, inputs.namespace) };
}

/** The colour that the front object sends everything to. In between, nobody may say which one is idle. */
export async function readLive(session: Session): Promise<Colour> {
  const { front, traffic } = frontOf(session);
  const percent = await front.readWeight();
  const live = liveColour(percent);
  if (live !== undefined) return live;
  throw new OutsideError(
    `${traffic.route.kind} ${traffic.route.name} gives ${traffic.candidate.service} ${percent} %, so no colour is idle: bring it home first (mode recover of rollback)`,
  );
}

/** The rollout in flight, where it is one of colours. */
export function colouredRollout({ rollout }: ReleaseState): RolloutState | undefined {
  return rollout?.strategy === "blue-green" ? rollout : undefined;
}

/** The colour that serves; undefined while a first deploy has not come to its front yet. */
async function liveOf(session: Session, rollout: RolloutState | undefined): Promise<Colour | undefined> {
  const isFirst = rollout !== undefined && rollout.stableRelease === undefined;
  if (!isFirst) return readLive(session);
  if (!mayServe(rollout)) return undefined;
  // Killed between the making of the front and the word of it: the front is there, or it is not.
  return rollout.phase === "promoting" ? readLive(session).catch(() => undefined) : readLive(session);
}

/** Whether the colour that is tried may have got traffic, by what was written down before each step. */
export function mayServe({ phase, weight }: RolloutState): boolean {
  return weight > 0 || phase === "promoting" || phase === "watching" || phase === "verifying";
}

/** The other side of a pair. */
export function otherRelease(release: string, colour: Colour): string {
  return colourRelease(release, otherColour(colour));
}
