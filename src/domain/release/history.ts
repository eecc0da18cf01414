import { listAt, numberAt, textAt } from "../../core/json.ts";

/** What Helm says of a revision. Not a proof of health: after some failed rollbacks a bad one reads `superseded`. */
export type HelmStatus =
  | "deployed"
  | "superseded"
  | "failed"
  | "uninstalled"
  | "uninstalling"
  | "pending-install"
  | "pending-upgrade"
  | "pending-rollback"
  | "unknown";

const statuses: readonly HelmStatus[] = [
  "deployed",
  "superseded",
  "failed",
  "uninstalled",
  "uninstalling",
  "pending-install",
  "pending-upgrade",
  "pending-rollback",
  "unknown",
];

/** One numbered state of a release, as `helm history` lists it. */
export interface HelmRevision {
  readonly revision: number;
  readonly status: HelmStatus;
  /** Name and version, such as `web-0.1.0`. */
  readonly chart: string;
  readonly appVersion: string;
  readonly updated: string;
  readonly description: string;
}

/** The history in ascending order, from the JSON of `helm history -o json`. */
export function parseHistory(document: unknown): readonly HelmRevision[] {
  return listAt(document)
    .map((one) => ({
      revision: numberAt(one, "revision") ?? 0,
      status: parseStatus(textAt(one, "status")),
      chart: textAt(one, "chart") ?? "",
      appVersion: textAt(one, "app_version") ?? "",
      updated: textAt(one, "updated") ?? "",
      description: textAt(one, "description") ?? "",
    }))
    .toSorted((a, b) => a.revision - b.revision);
}

export function parseStatus(text: string | undefined): HelmStatus {
  return statuses.find((one) => one === text) ?? "unknown";
}

/** The last revision, whatever became of it: what the next operation starts from. */
export function lastRevision(history: readonly HelmRevision[]): HelmRevision | undefined {
  return history.at(-1);
}

/** The revision that Helm calls deployed, if the release was not uninstalled since. */
export function deployedRevision(history: readonly HelmRevision[]): HelmRevision | undefined {
  const alive = sinceUninstall(history);
  return alive.findLast((one) => one.status === "deployed");
}

/** The revisions after the last time the release was removed. Those before it are no way back. */
export function sinceUninstall(history: readonly HelmRevision[]): readonly HelmRevision[] {
  const gone = history.findLastIndex((one) => one.status === "uninstalled" || one.status === "uninstalling");
  return history.slice(gone + 1);
}

/** Whether Helm holds its lock on the release: some operation began and never wrote its end. */
export function isPending(revision: HelmRevision | undefined): boolean {
  return revision?.status.startsWith("pending-") === true;
}
