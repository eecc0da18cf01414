import type { DeployRecord } from "../record/record.ts";
import { type HelmRevision, sinceUninstall } from "../release/history.ts";
import type { TargetHandle } from "./handle.ts";
import { isNamed } from "./named.ts";

/** How well a revision is known: `good` is proven by gates, `observed` was found healthy, `bad` was seen to fail. */
export type Proof = "good" | "observed" | "unverified" | "bad";

export interface RollbackTarget {
  readonly kind: "target";
  readonly revision: number;
  readonly proof: Proof;
  readonly record?: DeployRecord;
  /** The Helm release it is a revision of, where that is not the release itself: a colour of a blue-green pair. */
  readonly helmRelease?: string;
}

export type TargetChoice =
  | RollbackTarget
  | { readonly kind: "current"; readonly revision: number }
  | {
      readonly kind: "none";
      readonly reason: string;
      /** There is nothing before it at all, proven or not. */
      readonly isFirst?: true;
    };

export interface TargetRequest {
  readonly handle: TargetHandle;
  /** A rollback that a failed run asks for may return to what was observed before it. */
  readonly isAutomatic: boolean;
  readonly allowUnverified: boolean;
  /** Digests on hold: nobody returns to them unless they are named. */
  readonly held?: readonly string[];
}

/** The revision to return to, out of Helm's history and our records. Helm's word alone is no proof of health. */
export function chooseTarget(
  history: readonly HelmRevision[],
  records: readonly DeployRecord[],
  request: TargetRequest,
): TargetChoice {
  const alive = sinceUninstall(history);
  if (alive.length === 0) return none("Helm has no revision of it");
  const known = { alive, records };
  switch (request.handle.kind) {
    case "last-good":
      return chooseLastGood(known, request);
    case "back":
      return chooseBack(known, request.handle.count, request);
    case "revision":
      return chooseRevision(known, request.handle.revision, { history, request });
    default:
      return chooseByHandle(known, request);
  }
}

interface Known {
  /** Revisions since the release was last removed, ascending. */
  readonly alive: readonly HelmRevision[];
  readonly records: readonly DeployRecord[];
}

interface Candidate extends RollbackTarget {
  readonly content: number;
}

function chooseLastGood(known: Known, request: TargetRequest): TargetChoice {
  const candidates = earlierOf(known, request);
  const found = pick(candidates, request);
  if (found !== undefined) return found;
  const nothing = none(whyNone(candidates));
  return candidates.length === 0 ? { ...nothing, isFirst: true } : nothing;
}

/** What came before the version that serves and is not on hold, newest first. */
function earlierOf(known: Known, { held = [] }: TargetRequest): readonly Candidate[] {
  const newest = known.alive.at(-1);
  // Where the newest revision is deployed, it is what shall be undone, under whatever number it stands.
  const undone = newest?.status === "deployed" ? contentOf(known.alive, newest) : undefined;
  return candidatesOf(known).filter(
    ({ content, record }) => content !== undone && !held.includes(record?.digest ?? "none"),
  );
}

/** Counts proven versions: one that was deployed twice, or brought back, counts once. */
function chooseBack(known: Known, count: number, request: TargetRequest): TargetChoice {
  const accepted = earlierOf(known, request).filter(
    ({ proof }) => proof === "good" || (request.allowUnverified && proof !== "bad"),
  );
  const versions = accepted.filter(
    (one, index) => accepted.findIndex((other) => sameVersion(one, other)) === index,
  );
  const found = versions[count - 1];
  if (found !== undefined) return strip(found);
  return none(`only ${versions.length} earlier versions are proven good, and -${count} was asked for`);
}

function sameVersion(one: Candidate, other: Candidate): boolean {
  const digest = one.record?.digest;
  return (
    one.content === other.content ||
    (digest !== undefined && digest !== "" && digest === other.record?.digest)
  );
}

function chooseByHandle(known: Known, request: TargetRequest): TargetChoice {
  const candidates = candidatesOf(known).filter((one) => matches(one, request.handle, known.alive));
  if (candidates.length === 0) return none("no revision that Helm still has is known by that name");
  const newest = known.alive.at(-1);
  const current = newest === undefined ? undefined : contentOf(known.alive, newest);
  const isCurrent = newest?.status === "deployed" && candidates.some(({ content }) => content === current);
  if (newest !== undefined && isCurrent) return { kind: "current", revision: newest.revision };
  const named = request.allowUnverified ? candidates[0] : undefined;
  const found = pick(candidates, request) ?? (named === undefined ? undefined : strip(named));
  return found ?? none(whyNone(candidates));
}

function chooseRevision(
  known: Known,
  wanted: number,
  { history, request }: { readonly history: readonly HelmRevision[]; readonly request: TargetRequest },
): TargetChoice {
  const found = known.alive.find(({ revision }) => revision === wanted);
  if (found === undefined) {
    const isBefore = history.some(({ revision }) => revision === wanted);
    return none(
      isBefore ? `revision ${wanted} is from before it was removed` : `Helm has no revision ${wanted} of it`,
    );
  }
  const newest = known.alive.at(-1);
  if (found === newest && found.status === "deployed") return { kind: "current", revision: wanted };
  const candidate = candidatesOf(known).find(({ revision }) => revision === wanted);
  if (candidate === undefined)
    return none(`revision ${wanted} was never healthy: Helm calls it ${found.status}`);
  if (candidate.proof === "good" || request.allowUnverified) return strip(candidate);
  return none(whyNone([candidate]));
}

/** Newest first: what Helm calls deployed or superseded. Failed, pending and unknown ones were never healthy. */
function candidatesOf({ alive, records }: Known): readonly Candidate[] {
  return alive
    .filter(({ status }) => status === "deployed" || status === "superseded")
    .map((one) => {
      const record = recordOf(one.revision, records) ?? recordOf(contentOf(alive, one), records);
      const proof = proofOf(one, record, alive);
      const base = { kind: "target", revision: one.revision, content: contentOf(alive, one), proof } as const;
      return record === undefined ? base : { ...base, record };
    })
    .toReversed();
}

/** The record of the attempt that made the revision. One that only tried beside it, as a canary does, says nothing of it. */
function recordOf(revision: number, records: readonly DeployRecord[]): DeployRecord | undefined {
  const made = records.filter((one) => one.revision === revision && one.previousRevision !== revision);
  return made.find(({ status }) => status !== "deploying") ?? made[0];
}

function proofOf(one: HelmRevision, record: DeployRecord | undefined, alive: readonly HelmRevision[]): Proof {
  const proof = proofBy(record);
  return proof === "unverified" && isSpoiled(one, alive) ? "bad" : proof;
}

/** What our record alone says of a revision. */
export function proofBy(record: DeployRecord | undefined): Proof {
  switch (record?.status) {
    case "good":
    case "observed":
      return record.status;
    case "bad":
    case "rolled-back":
      return "bad";
    default:
      return "unverified";
  }
}

/** A rollback that failed makes Helm call the revision before it superseded, whatever that was. */
function isSpoiled(one: HelmRevision, alive: readonly HelmRevision[]): boolean {
  const next = alive[alive.indexOf(one) + 1];
  const isBroken = next?.status === "failed" || next?.status === "pending-rollback";
  return isBroken && one.status === "superseded" && /^Rollback/.test(next.description);
}

/** The number under which a revision's content was first deployed: one made by a rollback stands for its target. */
export function contentOf(alive: readonly HelmRevision[], one: HelmRevision): number {
  const target = Number(/^Rollback to (\d+)$/.exec(one.description)?.[1]);
  const earlier = alive.find(({ revision }) => revision === target && revision < one.revision);
  return earlier === undefined ? one.revision : contentOf(alive, earlier);
}

function pick(candidates: readonly Candidate[], request: TargetRequest): RollbackTarget | undefined {
  const newest = (...proofs: readonly Proof[]) => candidates.find(({ proof }) => proofs.includes(proof));
  const proven = request.isAutomatic ? newest("good", "observed") : newest("good");
  const found = proven ?? (request.allowUnverified ? newest("observed", "unverified") : undefined);
  return found === undefined ? undefined : strip(found);
}

function strip({ content: _content, ...target }: Candidate): RollbackTarget {
  return target;
}

function whyNone(candidates: readonly Candidate[]): string {
  const first = candidates.find(({ proof }) => proof !== "bad");
  if (first !== undefined) {
    return `no revision is proven good; revision ${first.revision} is ${first.proof}: allow-unverified takes it`;
  }
  const bad = candidates[0];
  if (bad === undefined) return "there is no earlier revision to return to";
  const why =
    bad.record === undefined ? "a failed rollback left it in doubt" : `our record says ${bad.record.reason}`;
  return `revision ${bad.revision} is not good: ${why}`;
}

function matches(candidate: Candidate, handle: TargetHandle, alive: readonly HelmRevision[]): boolean {
  const helm = alive.find(({ revision }) => revision === candidate.revision);
  return isNamed(handle, { record: candidate.record, helm });
}

function none(reason: string): TargetChoice & { readonly kind: "none" } {
  return { kind: "none", reason };
}
