import type { DeployRecord } from "../record/record.ts";
import type { ReleaseState } from "../record/state.ts";
import { type Colour, colourOfRelease, colours } from "../release/colours.ts";
import { type HelmRevision, lastRevision } from "../release/history.ts";
import { isNamed } from "./named.ts";
import { contentOf, type Proof, proofBy, type TargetRequest } from "./target.ts";

/** A version of a blue-green pair: a revision of one colour. */
export interface ColourCandidate {
  readonly colour: Colour;
  readonly revision: number;
  readonly proof: Proof;
  readonly record?: DeployRecord;
}

interface Pair {
  readonly release: string;
  readonly state: ReleaseState;
  readonly live: Colour | undefined;
  readonly histories: Readonly<Record<Colour, readonly HelmRevision[]>>;
}

type Choice =
  | { readonly kind: "colour"; readonly candidate: ColourCandidate }
  | { readonly kind: "none"; readonly reason: string };

/** The version to return to, among those that our records and Helm's kept histories both know. */
export function chooseAmongColours(
  pair: Pair,
  request: TargetRequest,
  among: readonly Colour[] = colours,
): Choice {
  const all = candidatesOf(pair).filter(({ colour }) => among.includes(colour));
  const accepted = all.filter((one) => isAccepted(one, request));
  const { handle } = request;
  switch (handle.kind) {
    case "last-good":
      return first(earlier(pair, accepted, request), all);
    case "back":
      return first(distinct(earlier(pair, accepted, request)).slice(handle.count - 1), all);
    case "revision":
      return byRevision(accepted, all, handle.revision);
    default: {
      const named = (one: ColourCandidate) =>
        isNamed(handle, { record: one.record, helm: revisionIn(pair.histories[one.colour], one.revision) });
      return first(accepted.filter(named), all.filter(named));
    }
  }
}

/** The number under which a revision's content was first deployed, in a history that may have been removed in between. */
export function contentIn(history: readonly HelmRevision[], revision: number): number {
  const found = revisionIn(history, revision);
  return found === undefined ? revision : contentOf(history, found);
}

function revisionIn(history: readonly HelmRevision[], revision: number): HelmRevision | undefined {
  return history.find((one) => one.revision === revision);
}

/** Newest record first. A colour that was removed keeps its history, and its proven revisions are ways back. */
function candidatesOf({ release, state, histories }: Pair): readonly ColourCandidate[] {
  return state.records.flatMap((record) => {
    const colour = colourOfRelease(release, record.helmRelease ?? "");
    if (colour === undefined || record.revision === undefined) return [];
    const helm = revisionIn(histories[colour], record.revision);
    const wasUp = /^(deployed|superseded|uninstalled)$/.test(helm?.status ?? "");
    if (!wasUp) return [];
    return [{ colour, revision: record.revision, proof: proofBy(record), record }];
  });
}

function isAccepted({ proof, record }: ColourCandidate, request: TargetRequest): boolean {
  const isHeld = request.held?.includes(record?.digest ?? "none") === true;
  if (isHeld && request.handle.kind === "last-good") return false;
  if (proof === "good" || (request.isAutomatic && proof === "observed")) return true;
  if (!request.allowUnverified) return false;
  return proof !== "bad" || (request.handle.kind !== "last-good" && request.handle.kind !== "back");
}

/** What differs from what serves now. */
function earlier(
  { live, histories }: Pair,
  candidates: readonly ColourCandidate[],
  { held = [] }: TargetRequest,
): readonly ColourCandidate[] {
  const newest = live === undefined ? undefined : lastRevision(histories[live]);
  const others = candidates.filter(({ record }) => !held.includes(record?.digest ?? "none"));
  if (live === undefined || newest?.status !== "deployed") return others;
  const serving = contentIn(histories[live], newest.revision);
  return others.filter(
    ({ colour, revision }) => colour !== live || contentIn(histories[colour], revision) !== serving,
  );
}

function distinct(candidates: readonly ColourCandidate[]): readonly ColourCandidate[] {
  const digests = candidates.map(({ record }) => record?.digest);
  return candidates.filter((one, index) => digests.indexOf(one.record?.digest) === index);
}

function byRevision(
  accepted: readonly ColourCandidate[],
  all: readonly ColourCandidate[],
  revision: number,
): Choice {
  const found = accepted.filter((one) => one.revision === revision);
  if (new Set(found.map(({ colour }) => colour)).size > 1)
    return none(`both colours have a revision ${revision}: name a version, a commit or a digest`);
  return first(
    found,
    all.filter((one) => one.revision === revision),
  );
}

function first(found: readonly ColourCandidate[], all: readonly ColourCandidate[]): Choice {
  const candidate = found[0];
  if (candidate !== undefined) return { kind: "colour", candidate };
  const unproven = all.find(({ proof }) => proof !== "bad" && proof !== "good");
  return none(
    unproven === undefined
      ? "there is no earlier version to return to"
      : `no version is proven good; revision ${unproven.revision} of ${unproven.colour} is ${unproven.proof}: allow-unverified takes it`,
  );
}

function none(reason: string): Choice {
  return { kind: "none", reason };
}
