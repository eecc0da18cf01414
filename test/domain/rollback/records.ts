import type { DeployRecord } from "../../../src/domain/record/record.ts";
import type { ReleaseState, RolloutState } from "../../../src/domain/record/state.ts";
import type { HelmRevision } from "../../../src/domain/release/history.ts";

export const run = {
  repository: "acme/shop",
  id: "100",
  attempt: 1,
  job: "deploy",
  url: "https://github.com/acme/shop",
};

export function digestNumber(n: number): string {
  return `sha256:${String(n).repeat(64).slice(0, 64)}`;
}

/** A good record of the revision, with what differs. */
export function record(revision: number, change: Partial<DeployRecord> = {}): DeployRecord {
  return {
    id: `record-${revision}`,
    release: "web",
    namespace: "shop",
    environment: "production",
    strategy: "rolling",
    digest: digestNumber(revision),
    images: [`registry.example/web:1.${revision}.0@${digestNumber(revision)}`],
    revision,
    chart: "web-0.1.0",
    manifestDigest: "",
    valuesDigest: "",
    status: "good",
    verdicts: [],
    commit: `${revision}abcdef0123456789`,
    actor: "octocat",
    run,
    startedAt: "2026-11-22T04:00:00Z",
    reason: "",
    ...change,
  };
}

export function rollout(change: Partial<RolloutState> = {}): RolloutState {
  return {
    phase: "ramping",
    weight: 15,
    candidateRelease: "web-candidate",
    digest: digestNumber(9),
    record: "record-9",
    run,
    expiresAt: "2026-11-22T05:00:00Z",
    ...change,
  };
}

export function stateOf(records: readonly DeployRecord[], current?: RolloutState): ReleaseState {
  return { records, holds: [], ...(current === undefined ? {} : { rollout: current }) };
}

/** A history in short: `1 superseded, 2 failed, 3 deployed Rollback to 1`. */
export function history(text: string): readonly HelmRevision[] {
  return text
    .split(", ")
    .filter((one) => one !== "")
    .map((one) => {
      const [revision = "", status = "", ...description] = one.split(" ");
      return {
        revision: Number(revision),
        status: status as HelmRevision["status"],
        chart: "web-0.1.0",
        appVersion: "0.1.0",
        updated: "",
        description: description.join(" "),
      };
    });
}
