import type { DeployRecord } from "../record/record.ts";
import type { ReleaseState, RolloutState } from "../record/state.ts";
import { type Colour, colourOfRelease, colourRelease, otherColour, weightFor } from "../release/colours.ts";
import { type HelmRevision, isPending, lastRevision } from "../release/history.ts";
import { type ColourCandidate, chooseAmongColours, contentIn } from "./colour-target.ts";
import type { Attempt } from "./interrupted.ts";
import { isUnproven, type RollbackPlan } from "./plan.ts";
import type { TargetRequest } from "./target.ts";

/** A blue-green pair as the cluster shows it now. */
export interface ColourWorld {
  readonly release: string;
  readonly state: ReleaseState;
  /** Undefined while the front object sends traffic both ways. */
  readonly live: Colour | undefined;
  readonly histories: Readonly<Record<Colour, readonly HelmRevision[]>>;
  /** Colours whose Service has a ready endpoint. */
  readonly ready: readonly Colour[];
}

/**
 * The way back of a blue-green pair. A colour that is still up takes the traffic at once; one that was removed with its
 * history kept is brought back first. The colour that is left goes once no traffic reaches it.
 */
export function planColours(
  world: ColourWorld,
  attempt: Attempt | undefined,
  request: TargetRequest,
): RollbackPlan {
  const rollout = attempt?.rollout;
  const undone = undoneBy(world, attempt);
  const base = {
    ...(undone === undefined ? {} : { undone }),
    ...fromOf(world),
    strategy: "blue-green",
  } as const;
  const choice = choose(world, rollout, request);
  if (choice.kind === "none") {
    const stay = { ...base, home: homeOf(world), traffic: "none", notes: [] } as const;
    const first = firstOf(world, attempt);
    return first === undefined
      ? { ...stay, problems: [`Cannot roll back ${world.release}: ${choice.reason}`] }
      : { ...stay, first, problems: [] };
  }
  const { colour } = choice.candidate;
  const way = wayTo(world, choice.candidate, rollout);
  const home = weightFor(colour);
  const name = colourRelease(world.release, colour);
  const notes =
    way.target !== undefined || way.traffic !== "none" || way.candidateRelease !== undefined
      ? []
      : [`Release ${name} serves revision ${choice.candidate.revision} already`];
  const { record } = choice.candidate;
  const serves = lastRevision(world.histories[colour])?.revision;
  return {
    ...base,
    ...way,
    ...(record === undefined ? {} : { returned: record }),
    ...(way.target !== undefined || serves === undefined ? {} : { serves }),
    home,
    problems: [],
    notes,
  };
}

function undoneBy({ release, state, live, histories }: ColourWorld, attempt: Attempt | undefined) {
  const named = state.records.find(({ id }) => id === attempt?.rollout?.record);
  const known = attempt?.record ?? named;
  if (known !== undefined || live === undefined) return known;
  const revision = lastRevision(histories[live])?.revision;
  return state.records.find(
    (one) => one.helmRelease === colourRelease(release, live) && one.revision === revision,
  );
}

function fromOf({ live, histories }: ColourWorld) {
  const revision = live === undefined ? undefined : lastRevision(histories[live])?.revision;
  return revision === undefined ? {} : { from: revision };
}

function homeOf({ live }: ColourWorld): number {
  return live === undefined ? 0 : weightFor(live);
}

/** The colour of a first deploy that never became good. */
function firstOf({ release, histories }: ColourWorld, attempt: Attempt | undefined): string | undefined {
  const tried = attempt?.rollout?.candidateRelease ?? attempt?.record?.helmRelease;
  const colour = tried === undefined ? undefined : colourOfRelease(release, tried);
  if (colour === undefined || attempt?.rollout?.stableRelease !== undefined) return undefined;
  const isAlone = histories[otherColour(colour)].length === 0;
  return isAlone && (attempt?.record === undefined || isUnproven(attempt.record)) ? tried : undefined;
}

type Choice =
  | { readonly kind: "colour"; readonly candidate: ColourCandidate }
  | { readonly kind: "none"; readonly reason: string };

/** While a rollout is under way the newest change is what is undone: its stable colour is the way back. */
function choose(world: ColourWorld, rollout: RolloutState | undefined, request: TargetRequest): Choice {
  if (rollout === undefined || request.handle.kind !== "last-good") return chooseAmongColours(world, request);
  const colour = colourOfRelease(world.release, rollout.stableRelease ?? "");
  if (colour === undefined) return { kind: "none", reason: "there is no earlier version to return to" };
  return stableOf(world, colour, request);
}

function stableOf(world: ColourWorld, colour: Colour, request: TargetRequest): Choice {
  const newest = lastRevision(world.histories[colour]);
  if (newest?.status === "deployed") {
    const { revision } = newest;
    const known = recordIn(world, colour, revision);
    const proof = known?.status === "good" || known?.status === "observed" ? known.status : "unverified";
    const candidate = { colour, revision, proof, ...(known === undefined ? {} : { record: known }) } as const;
    return { kind: "colour", candidate };
  }
  // Removed or half-way: the last proven version of that colour is what served before.
  return chooseAmongColours(world, request, [colour]);
}

function recordIn({ release, state, histories }: ColourWorld, colour: Colour, revision: number) {
  const name = colourRelease(release, colour);
  const numbers = [revision, contentIn(histories[colour], revision)];
  return state.records.find(
    (one: DeployRecord) =>
      one.helmRelease === name && one.revision !== undefined && numbers.includes(one.revision),
  );
}

function wayTo(
  { release, live, histories, ready }: ColourWorld,
  candidate: ColourCandidate,
  rollout: RolloutState | undefined,
): Pick<RollbackPlan, "target" | "traffic" | "candidateRelease"> {
  const { colour, ...rest } = candidate;
  const target = { kind: "target", ...rest, helmRelease: colourRelease(release, colour) } as const;
  const newest = lastRevision(histories[colour]);
  const isThere =
    newest?.status === "deployed" &&
    contentIn(histories[colour], newest.revision) === contentIn(histories[colour], candidate.revision);
  const other = colourRelease(release, otherColour(colour));
  const left = isLeft(histories[otherColour(colour)]) ? { candidateRelease: other } : {};
  if (live === colour) {
    // An idle colour that nobody tries is a way back of its own, and stays.
    const tried = rollout?.candidateRelease === other ? left : {};
    const traffic = tried.candidateRelease === undefined ? "none" : "first";
    return { ...(isThere ? {} : { target }), traffic, ...tried };
  }
  if (isThere && ready.includes(colour)) return { traffic: "first", ...left };
  return { target, traffic: "last", ...left };
}

function isLeft(history: readonly HelmRevision[]): boolean {
  const newest = lastRevision(history);
  return newest !== undefined && (isPending(newest) || newest.status !== "uninstalled");
}
