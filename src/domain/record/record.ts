import type { VerdictKind } from "../../core/verdict.ts";

/**
 * `observed` is a state found in the cluster, not one we proved: automatic rollback may return to it, a person may not
 * by `last-good`. `good` alone is proven.
 */
export type RecordStatus = "deploying" | "good" | "bad" | "observed" | "rolled-back";

export const strategies = ["rolling", "recreate", "blue-green", "canary"] as const;
export type Strategy = (typeof strategies)[number];

export interface StepTime {
  readonly name: string;
  readonly seconds: number;
}

export interface GateVerdict {
  readonly gate: string;
  readonly verdict: VerdictKind;
}

/** The run that made a record, enough to ask GitHub whether it still goes on. */
export interface RecordRun {
  readonly repository: string;
  readonly id: string;
  readonly attempt: number;
  readonly job: string;
  readonly url: string;
}

/** Our own account of one deploy attempt, kept in the cluster beside the release. */
export interface DeployRecord {
  readonly id: string;
  readonly release: string;
  readonly namespace: string;
  readonly environment: string;
  readonly strategy: Strategy | "rollback" | "observed";
  /** The digest that is deployed; empty where an observed release runs images without one. */
  readonly digest: string;
  /** The application's version as the deploy was told it. */
  readonly version?: string;
  /** Every image of the manifest as it is referred to there, by digest where it says one. */
  readonly images: readonly string[];
  /** The Helm release that carries it, where that is not `release` itself: a colour of a blue-green pair. */
  readonly helmRelease?: string;
  /** Helm's revision of the release that serves; absent until it is known. */
  readonly revision?: number;
  /** Name and version, such as `web-0.1.0`. */
  readonly chart: string;
  /** Digest of the chart as it was fetched, for a chart from a registry. */
  readonly chartDigest?: string;
  readonly manifestDigest: string;
  readonly valuesDigest: string;
  readonly previousRevision?: number;
  /** Id of the record that served before. */
  readonly previousRecord?: string;
  /** Commit of the last good record: the range since it is what this attempt brings. */
  readonly previousCommit?: string;
  /** How far the data's shape has moved; returning below a level needs an explicit override. */
  readonly schemaLevel?: number;
  readonly status: RecordStatus;
  /** Set on a bad record whose attempt ended before the running version was touched: there is nothing to roll back. */
  readonly untouched?: true;
  /** Set on a bad record whose step was cancelled before it could roll back: whoever recovers does it. */
  readonly cutShort?: true;
  readonly verdicts: readonly GateVerdict[];
  readonly commit: string;
  readonly actor: string;
  readonly approver?: string;
  readonly run: RecordRun;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Seconds from the start of helm until every new pod was ready; predictions come from these. */
  readonly rolloutSeconds?: number;
  /** Names of the steps of this attempt with their seconds, in order. */
  readonly steps?: readonly StepTime[];
  /** Id of the record that a rollback undid, and of the one it returned to. */
  readonly rollbackOf?: string;
  readonly rollbackTo?: string;
  /** Seconds from the decision to return until it was verified. */
  readonly rollbackSeconds?: number;
  /** How a rollback was verified, one sentence each. */
  readonly verifiedBy?: readonly string[];
  /** Id of the GitHub Deployment that shows this attempt. */
  readonly deploymentId?: number;
  readonly reason: string;
}

/** What may change in a record after it was opened. */
export type RecordChange = Partial<
  Pick<
    DeployRecord,
    | "status"
    | "untouched"
    | "cutShort"
    | "revision"
    | "verdicts"
    | "approver"
    | "finishedAt"
    | "helmRelease"
    | "steps"
    | "rolloutSeconds"
    | "deploymentId"
    | "manifestDigest"
    | "valuesDigest"
    | "rollbackTo"
    | "rollbackSeconds"
    | "verifiedBy"
    | "reason"
  >
>;

/** Newest first; a ConfigMap must stay far below 1 MiB. */
export const keptRecords = 50;
const keptCharacters = 400_000;

/** The records with one more. A record of the same id is replaced, so that a repeated step adds nothing. */
export function addRecord(records: readonly DeployRecord[], record: DeployRecord): readonly DeployRecord[] {
  const others = records.filter((one) => one.id !== record.id);
  const kept = [record, ...others].slice(0, keptRecords);
  return keepLastGood(kept, others);
}

/** The records with one of them changed. An id that is not there changes nothing. */
export function changeRecord(
  records: readonly DeployRecord[],
  id: string,
  change: RecordChange,
): readonly DeployRecord[] {
  return records.map((one) => (one.id === id ? { ...one, ...change } : one));
}

/** Verdicts with newer ones over them: of each gate the last one counts. */
export function mergeGates(
  before: readonly GateVerdict[],
  now: readonly GateVerdict[],
): readonly GateVerdict[] {
  const names = new Set(now.map(({ gate }) => gate));
  return [...before.filter(({ gate }) => !names.has(gate)), ...now];
}

/** The newest record whose revision may be returned to: proven good ones, or also observed ones when automatic. */
export function lastGood(
  records: readonly DeployRecord[],
  accept: readonly RecordStatus[] = ["good"],
): DeployRecord | undefined {
  return records.find((one) => accept.includes(one.status) && one.revision !== undefined);
}

/** As many of the records, newest first, as a ConfigMap can hold; the way back stays among them. */
export function fitRecords(records: readonly DeployRecord[]): readonly DeployRecord[] {
  let characters = 0;
  const fits = records.findIndex((one) => {
    characters += JSON.stringify(one).length + 1;
    return characters > keptCharacters;
  });
  return fits === -1 ? records : keepLastGood(records.slice(0, Math.max(1, fits)), records);
}

// The way back must outlive any number of failed attempts after it.
function keepLastGood(kept: readonly DeployRecord[], all: readonly DeployRecord[]): readonly DeployRecord[] {
  const way = lastGood(all, ["good", "observed"]);
  if (way === undefined || lastGood(kept, ["good", "observed"]) !== undefined) return kept;
  return [...kept.slice(0, -1), way];
}
