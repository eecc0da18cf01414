import { type LeaseFacts, leaseOf } from "../../../../src/domain/lock/lease.ts";
import type { ActionInputs, RunningAction } from "../action-process.ts";
import type { Stand } from "../stand.ts";

/** The Lease of release web as it stands. */
export async function lease(stand: Stand): Promise<LeaseFacts> {
  return leaseOf(JSON.parse(await stand.kubectl("get", "lease", "sluice-web", "-o", "json")));
}

/** Helm's revisions with their status, oldest first. */
export async function historyOf(stand: Stand): Promise<readonly string[]> {
  return (await stand.history()).map(({ revision, status }) => `${revision} ${status}`);
}

/** Our records with their end, newest first. */
export async function recordsOf(stand: Stand): Promise<readonly string[]> {
  const { records } = await stand.records();
  return records.map(({ strategy, status, revision }) => `${strategy} ${status} ${revision ?? "-"}`);
}

/** Starts a deploy whose pods never become ready, and waits until Helm has written its revision and made a pod. */
export async function startHanging(stand: Stand, inputs: ActionInputs = {}): Promise<RunningAction> {
  const image = await stand.image("hanging");
  const set = '{faults: {neverReady: "true"}}';
  const deploy = await stand.start("helm-deploy", {
    image,
    version: "hanging",
    set,
    timeout: "120s",
    ...inputs,
  });
  await deploy.seen(/0 of \d new pods ready/);
  return deploy;
}
