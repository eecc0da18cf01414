import { setTimeout as sleep } from "node:timers/promises";
import type { DeployRecord, RecordRun } from "../../../src/domain/record/record.ts";
import { emptyState, type ReleaseState, type RolloutState } from "../../../src/domain/record/state.ts";
import { wholeDigest } from "./fake-objects.ts";
import type { FakeWorld } from "./fake-session.ts";

type Change = Partial<Omit<DeployRecord, "run">> & { readonly run?: Partial<RecordRun> };

/** A record of a good deploy, but for what is changed. */
export function recordOf(id: string, change: Change = {}): DeployRecord {
  const { run, ...rest } = change;
  return {
    id,
    release: "web",
    namespace: "shop",
    environment: "",
    strategy: "rolling",
    digest: wholeDigest("a"),
    images: [],
    chart: "web-1.0.0",
    manifestDigest: "",
    valuesDigest: "",
    status: "good",
    verdicts: [],
    commit: "",
    actor: "",
    run: { repository: "acme/web", id: "100", attempt: 1, job: "deploy", url: "", ...run },
    startedAt: "",
    reason: "",
    ...rest,
  };
}

/** A rollout of the image `b` as this run began it, but for what is changed. */
export function rolloutOf(change: Partial<RolloutState> = {}): RolloutState {
  return {
    phase: "candidate",
    weight: 0,
    candidateRelease: "web-candidate",
    digest: wholeDigest("b"),
    record: "canary",
    run: { repository: "acme/web", id: "100", attempt: 1, job: "deploy" },
    expiresAt: "2099-01-01T00:00:00Z",
    ...change,
  };
}

export const servedState: ReleaseState = { ...emptyState, records: [recordOf("old", { revision: 1 })] };

/** A proven version serves at revision 1. */
export const served: FakeWorld = { state: servedState, helm: { web: [{ revision: 1, status: "deployed" }] } };

/** Until a step has begun to change something. */
export async function untilBegun(did: readonly string[]): Promise<void> {
  while (did.length === 0) await sleep(1);
}
