import type { RecordRun } from "../record/record.ts";

/** The run, as GitHub can be asked about it. */
export type HolderRun = Pick<RecordRun, "repository" | "id" | "attempt" | "job" | "url">;

/** Who works on a release: one step of one job. */
export interface LeaseHolder {
  readonly run: HolderRun;
  /** The action and what it does, such as `helm-deploy promote`. */
  readonly step: string;
  /** Tells two steps of one job apart. */
  readonly nonce: string;
}

/** The holder as the Lease names it: an address that a person can open, then what tells the steps apart. */
export function identityOf({ run, nonce }: LeaseHolder): string {
  return `${run.url}/attempts/${run.attempt} job ${run.job || "-"} step ${nonce}`;
}

/** The run behind an identity, or undefined where it was not written by a run of GitHub's. */
export function runOfIdentity(identity: string): HolderRun | undefined {
  const found =
    /^(https?:\/\/.+\/([^/\s]+\/[^/\s]+)\/actions\/runs\/(\d+))\/attempts\/(\d+) job (\S+) step \S+$/.exec(
      identity,
    );
  if (found === null) return undefined;
  const [, url = "", repository = "", id = "", attempt = "", job = ""] = found;
  return { url, repository, id, attempt: Number(attempt), job };
}

/** Whether both are steps of the same job of the same attempt: those run one after the other, never at once. */
export function isSameJob(identity: string, { run }: LeaseHolder): boolean {
  const other = sameRun(identity, run);
  return other !== undefined && other.attempt === run.attempt && other.job === run.job;
}

/** Whether the holder is of an earlier attempt of the same run: GitHub begins the next only when the last has ended. */
export function isEarlierAttempt(identity: string, { run }: LeaseHolder): boolean {
  const other = sameRun(identity, run);
  return other !== undefined && other.attempt < run.attempt;
}

function sameRun(identity: string, { repository, id }: HolderRun): HolderRun | undefined {
  const other = runOfIdentity(identity);
  return other?.repository === repository && other.id === id ? other : undefined;
}
