import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { grantControllers } from "./fault-play.ts";
import {
  changeState,
  checksOf,
  mustRefuse,
  mustRollBack,
  mustServe,
  recordsIn,
  revisions,
} from "./rollback-steps.ts";

const service = "web";

/** Back to the last good version by a person: told everywhere, held, and lifted again. */
async function playLastGood(stand: Stand): Promise<void> {
  await stand.install("1");
  const second = await stand.install("2");
  const prober = await stand.probe({ service, requestsPerSecond: 50 });
  const dry = await mustRollBack(stand, { "dry-run": true });
  assert.match(String(dry.evidence?.details.sentence), /^Would be done: web to revision 1 \(good\)/);
  assert.deepEqual(await revisions(stand), ["1 superseded", "2 deployed"]);
  const run = await mustRollBack(stand);
  const { lost, total } = await prober.stop();
  assert.equal(lost, 0, `${lost} of ${total} requests were lost`);
  await mustServe(stand, "1", service);
  assert.equal(run.outputs.strategy, "rolling");
  assert.equal(run.outputs["from-revision"], "2");
  assert.equal(run.outputs["to-revision"], "3");
  assert.deepEqual(checksOf(run), {
    record: "passed",
    images: "passed",
    kinds: "passed",
    traffic: "passed",
    pods: "passed",
    endpoints: "passed",
  });
  const { records, holds } = await stand.records();
  const [made, left, back] = records;
  assert.deepEqual(await recordsIn(stand), ["rollback good 3", "rolling rolled-back 2", "rolling good 1"]);
  assert.equal(made?.rollbackOf, left?.id);
  assert.equal(made?.rollbackTo, back?.id);
  assert.ok((made?.rollbackSeconds ?? 0) > 0 && (made?.verifiedBy ?? []).length > 0);
  assert.match(made?.reason ?? "", /^Rolled back to revision 1: answers are wrong$/);
  assert.deepEqual(
    holds.map(({ digest }) => digest),
    [second.split("@")[1]],
  );
  assert.match(run.summary, /mean over 1 rollbacks/);
  assert.match(run.summary, /A rollback does not undo:/);
  stand.nextRun();
  const inputs = { image: second, version: "2" };
  const banned = await stand.run("helm-deploy", inputs);
  assert.equal(banned.verdict, "fail");
  assert.match(banned.reasons[0] ?? "", /is on hold since .* by .*: answers are wrong/);
  const lift = { mode: "lift-hold", to: second.split("@")[1] ?? "", reason: "it was the database" };
  await stand.mustPass("rollback", lift);
  assert.deepEqual((await stand.records()).holds, []);
  await stand.mustPass("helm-deploy", inputs);
  await mustServe(stand, "2", service);
}

/** Every handle by which a version can be named. */
async function playHandles(stand: Stand): Promise<void> {
  await stand.install("1.1.0");
  const second = await stand.install("1.2.0");
  await stand.install("1.3.0");
  await mustRollBack(stand, { to: "-2" });
  await mustServe(stand, "1.1.0", service);
  await mustRollBack(stand, { to: second.split("@")[1] ?? "" });
  await mustServe(stand, "1.2.0", service);
  await mustRollBack(stand, { to: "v1.1.0" });
  await mustServe(stand, "1.1.0", service);
  await mustRefuse(stand, { to: "3" }, /revision 3 is not good/);
  await mustRollBack(stand, { to: "3", "allow-unverified": true, severity: "P0" });
  await mustServe(stand, "1.3.0", service);
  await changeState(stand, (state) => ({
    ...state,
    records: state.records.map((one, index) =>
      index === 0 ? one : { ...one, commit: `${index}`.repeat(40) },
    ),
  }));
  const { records } = await stand.records();
  const commit =
    records.find(({ version, status }) => version === "1.1.0" && status === "good")?.commit ?? "";
  await mustRollBack(stand, { to: commit.slice(0, 9) });
  await mustServe(stand, "1.1.0", service);
}

/** A StatefulSet waits for its broken pod without end; the pod is deleted once the revision is restored. */
async function playStatefulSet(stand: Stand): Promise<void> {
  const set = "kind: StatefulSet";
  await grantControllers(stand);
  await stand.install("1", { set });
  const crash = await stand.image("2", { EXIT_AT_START: "3" });
  const bad = await stand.run("helm-deploy", { image: crash, version: "2", set, "on-failure": "keep" });
  assert.equal(bad.verdict, "fail");
  stand.nextRun("failure");
  const run = await mustRollBack(stand);
  assert.match(JSON.stringify(run.evidence?.details.notes), /pod web-\d was deleted: its StatefulSet would/);
  await mustServe(stand, "1", service);
  assert.equal((await revisions(stand)).at(-1), "3 deployed");
}

async function playDaemonSet(stand: Stand): Promise<void> {
  const set = "kind: DaemonSet";
  await grantControllers(stand);
  await stand.install("1", { set });
  const crash = await stand.image("2", { EXIT_AT_START: "3" });
  await stand.run("helm-deploy", { image: crash, version: "2", set, "on-failure": "keep" });
  stand.nextRun("failure");
  await mustRollBack(stand);
  await mustServe(stand, "1", service);
}

/** The count that an autoscaler has chosen outlives the count of the stored manifest. */
async function playAutoscaler(stand: Stand): Promise<void> {
  await stand.install("1", { set: "replicas: 2" });
  const set = "replicas: 2\nautoscaler: {enabled: true, min: 4, max: 6}";
  await stand.install("2", { set });
  await stand.kubectl("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=4", "--timeout=60s");
  const prober = await stand.probe({ service, requestsPerSecond: 20 });
  // Revision 1 says two pods and has no autoscaler: the object goes with revision 2, its count stays.
  await mustRollBack(stand);
  const { lost, total } = await prober.stop();
  assert.equal(lost, 0, `${lost} of ${total} requests were lost`);
  await mustServe(stand, "1", service);
  const wanted = await stand.kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}");
  assert.equal(wanted, "4");
}

async function playRecreate(stand: Stand): Promise<void> {
  const inputs = { strategy: "recreate", set: "strategy: {type: Recreate}" };
  await stand.install("1", inputs);
  await stand.install("2", inputs);
  await mustRefuse(stand, {}, /Deployment web stops before it starts again: allow-downtime takes it/);
  const dry = await mustRollBack(stand, { "dry-run": true });
  assert.match(JSON.stringify(dry.evidence?.details.notes), /This rollback has downtime: Deployment web/);
  const run = await mustRollBack(stand, { "allow-downtime": true });
  assert.equal(run.outputs.strategy, "recreate");
  await mustServe(stand, "1", service);
}

/** A first install that failed has nothing before it. */
async function playFirst(stand: Stand): Promise<void> {
  const crash = await stand.image("1", { EXIT_AT_START: "3" });
  const bad = await stand.run("helm-deploy", { image: crash, version: "1" });
  assert.equal(bad.verdict, "fail");
  const kept = await stand.run("rollback", { reason: "it failed", automatic: true });
  assert.equal(kept.verdict, "fail");
  assert.match(
    kept.reasons[0] ?? "",
    /nothing to return to, and it is left as it is \(first-install: uninstall/,
  );
  assert.deepEqual(await revisions(stand), ["1 failed"]);
  const removing = { reason: "it failed", automatic: true, "first-install": "uninstall" };
  const gone = await stand.mustPass("rollback", removing);
  assert.equal(gone.outputs.strategy, "first-install");
  assert.deepEqual(await stand.releases(), []);
}

/** Severity and age decide how much is looked at. */
async function playUrgency(stand: Stand): Promise<void> {
  await stand.install("1");
  await stand.install("2");
  await stand.install("3");
  const p0 = await mustRollBack(stand, { severity: "P0" });
  assert.deepEqual(checksOf(p0), { record: "passed", traffic: "passed", endpoints: "passed" });
  await mustServe(stand, "2", service);
  const old = new Date(Date.now() - 25 * 3_600_000).toISOString();
  await changeState(stand, (state) => ({
    ...state,
    records: state.records.map((one) => ({ ...one, finishedAt: old })),
  }));
  const careful = await mustRollBack(stand);
  assert.equal(Object.values(checksOf(careful)).join(" "), Array(9).fill("passed").join(" "));
  assert.match(careful.log, /careful, because what is undone was deployed 25 h/);
  await mustServe(stand, "1", service);
}

/** A person's rollback does not queue behind a deploy: the deploy yields. */
async function playPreempt(stand: Stand): Promise<void> {
  await stand.install("1");
  await stand.install("2");
  const hanging = await stand.start("helm-deploy", {
    image: await stand.image("3"),
    version: "3",
    set: '{faults: {neverReady: "true"}}',
    timeout: "120s",
  });
  await hanging.seen(/0 of \d new pods ready/);
  stand.anotherRun();
  const run = await stand.mustPass("rollback", { reason: "it cannot wait" });
  assert.ok(run.seconds < 180, `${run.seconds} s`);
  const ended = await hanging.done;
  assert.equal(ended.verdict, "fail");
  await mustServe(stand, "2", service);
  assert.equal((await stand.records()).rollout, undefined);
}

export const rollbackCases: readonly DeliveryCase[] = [
  { name: "rollback-last-good", isShort: true, run: playLastGood },
  { name: "rollback-handles", isShort: false, run: playHandles },
  { name: "rollback-statefulset", isShort: false, run: playStatefulSet },
  { name: "rollback-daemonset", isShort: false, run: playDaemonSet },
  { name: "rollback-autoscaler", isShort: false, run: playAutoscaler },
  { name: "rollback-recreate", isShort: false, run: playRecreate },
  { name: "rollback-first-install", isShort: false, run: playFirst },
  { name: "rollback-urgency", isShort: false, run: playUrgency },
  { name: "rollback-preempts", isShort: false, run: playPreempt },
];
