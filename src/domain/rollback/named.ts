import type { DeployRecord } from "../record/record.ts";
import type { HelmRevision } from "../release/history.ts";
import type { TargetHandle } from "./handle.ts";

/** What is known of a version, by us and by Helm. */
export interface KnownVersion {
  readonly record: DeployRecord | undefined;
  readonly helm: HelmRevision | undefined;
}

/** Whether a digest, a commit or a version names it. */
export function isNamed(handle: TargetHandle, { record, helm }: KnownVersion): boolean {
  switch (handle.kind) {
    case "digest":
      return (
        record?.digest === handle.digest || record?.images.some((one) => one.endsWith(handle.digest)) === true
      );
    case "commit":
      return record?.commit.startsWith(handle.commit) === true;
    case "version":
      return namesVersion(handle.version.replace(/^v/, ""), { record, helm });
    default:
      return false;
  }
}

function namesVersion(version: string, { record, helm }: KnownVersion): boolean {
  const tags = (record?.images ?? []).map((image) => /:([^:/@]+)(?:@|$)/.exec(image)?.[1]);
  const names = [record?.version, helm?.appVersion, ...tags].map((one) => one?.replace(/^v/, ""));
  return names.includes(version) || helm?.chart.endsWith(`-${version}`) === true;
}
