import { type LeaseFacts, leaseOf } from "../../../../src/domain/lock/lease.ts";
import type { ActionInputs, RunningAction } from "../action-process.ts";
import type { RunOptions, Stand } from "../stand.ts";
import { withHelm3 } from "./colour-steps.ts";

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

/** Which Helm a case is played with. */
export interface WithHelm {
  readonly inputs: ActionInputs;
  readonly options: RunOptions;
}

export const usualHelm: WithHelm = { inputs: {}, options: {} };

/** The generation of Helm before. */
export async function earlierHelm(stand: Stand): Promise<WithHelm> {
  return { inputs: { "helm-version": "3.21.4" }, options: await withHelm3(stand) };
}

/** Deploys version 1 and finishes it: a proven way back. */
export async function installFirst(stand: Stand, { inputs, options }: WithHelm = usualHelm): Promise<void> {
  const image = await stand.image("1");
  const given = { image, version: "1", ...inputs };
  await stand.mustPass("helm-deploy", given, options);
  const finish = { ...given, phase: "finish", ...(await stand.gate(image)) };
  await stand.mustPass("helm-deploy", finish, options);
  stand.nextRun();
}

/** Starts a deploy whose pods never become ready, and waits until Helm has written its revision and made a pod. */
export async function startHanging(
  stand: Stand,
  { inputs, options }: WithHelm = usualHelm,
): Promise<RunningAction> {
  const image = await stand.image("hanging");
  const given = { image, version: "hanging", set: '{faults: {neverReady: "true"}}', timeout: "120s" };
  const deploy = await stand.start("helm-deploy", { ...given, ...inputs }, options);
  await deploy.seen(/0 of \d new pods ready/);
  return deploy;
}
