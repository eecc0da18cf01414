import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningAction } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import {
  earlierHelm,
  historyOf,
  installFirst,
  lease,
  recordsOf,
  startHanging,
  usualHelm,
  type WithHelm,
} from "./lock-scene.ts";
import { rampCommandCases } from "./ramp-commands.ts";

const without = { "github-token": "" };

async function playTwoDeploys(stand: Stand, helm: WithHelm): Promise<void> {
  await installFirst(stand, helm);
  const first = stand.job;
  const hanging = await startHanging(stand, helm);
  assert.match((await lease(stand)).holder, new RegExp(`/runs/${first.run}/attempts/1 job deploy step `));
  stand.anotherRun();
  const inputs = { image: await stand.image("2"), version: "2", ...helm.inputs };
  const second = await stand.run("helm-deploy", inputs, helm.options);
  assert.equal(second.verdict, "fail");
  assert.equal(second.outputs["failure-reason"], "locked");
  assert.equal(second.reasons.length, 1);
  assert.match(
    second.reasons[0] ?? "",
    new RegExp(
      `^Release web is in the hands of helm-deploy deploy \\(https://github.com/acme/web/actions/runs/${first.run}/attempts/1, job deploy\\) since \\S+Z: GitHub says that job is at work`,
    ),
  );
  assert.deepEqual(await historyOf(stand), ["1 deployed", "2 pending-upgrade"]);
  assert.deepEqual(await recordsOf(stand), ["rolling deploying -", "rolling good 1"]);
  await interrupt(stand, hanging);
  assert.deepEqual(await historyOf(stand), ["1 deployed", "2 failed"]);
  assert.deepEqual(await recordsOf(stand), ["rolling bad 2", "rolling good 1"]);
}

/** As GitHub cancels a step: it has 7.5 s before the next signal. */
async function interrupt(
  stand: Stand,
  hanging: RunningAction,
  signal: NodeJS.Signals = "SIGINT",
): Promise<void> {
  const at = performance.now();
  hanging.signal(signal);
  const ended = await hanging.done;
  const seconds = (performance.now() - at) / 1000;
  assert.ok(seconds < 7.5, `the interrupted deploy took ${seconds} s to end`);
  assert.equal(ended.outputs["failure-reason"], "cancelled");
  assert.notEqual(ended.evidence, undefined);
  assert.equal((await lease(stand)).holder, "");
}

async function playKilled(stand: Stand, helm: WithHelm): Promise<void> {
  await installFirst(stand, helm);
  const killed = stand.job;
  const hanging = await startHanging(stand, helm);
  hanging.killTree();
  await hanging.done;
  assert.deepEqual(await historyOf(stand), ["1 deployed", "2 pending-upgrade"]);
  stand.anotherRun();
  const inputs = { image: await stand.image("2"), version: "2", ...helm.inputs };
  const early = await stand.run("helm-deploy", inputs, helm.options);
  assert.equal(early.outputs["failure-reason"], "locked");
  assert.match(early.reasons[0] ?? "", /GitHub says that job is at work/);
  const unasked = await stand.run("helm-deploy", { ...inputs, ...without }, helm.options);
  assert.equal(unasked.outputs["failure-reason"], "locked");
  assert.match(unasked.reasons[0] ?? "", /it was renewed \d+ s ago, so it is free when its holder ends/);
  assert.deepEqual(await historyOf(stand), ["1 deployed", "2 pending-upgrade"]);
  stand.standIn.complete(killed, "cancelled");
  await stand.mustPass("helm-deploy", inputs, helm.options);
  // Helm 3 applies on the client: what the killed revision had changed is taken back by a rollback of its own.
  const after = helm === usualHelm ? ["3 deployed"] : ["3 superseded", "4 deployed"];
  assert.deepEqual(await historyOf(stand), ["1 superseded", "2 failed", ...after]);
  const [, marked] = await stand.history();
  assert.match(
    marked?.description ?? "",
    new RegExp(`^Marked failed by sluice: left pending-upgrade, by run ${killed.run}`),
  );
  const serves = `rolling deploying ${after.length + 2}`;
  assert.deepEqual(await recordsOf(stand), [serves, "rolling bad -", "rolling good 1"]);
  assert.deepEqual(new Set((await stand.answers(10, "web")).map((one) => one?.version)), new Set(["2"]));
}

const killedFirstInstall: DeliveryCase = {
  name: "lock-killed-first-install",
  isShort: false,
  run: async (stand) => {
    const hanging = await startHanging(stand);
    hanging.killTree();
    await hanging.done;
    assert.deepEqual(await historyOf(stand), ["1 pending-install"]);
    stand.nextRun("cancelled");
    await stand.mustPass("helm-deploy", { image: await stand.image("2"), version: "2" });
    // Helm counts what it upgrades from as superseded, whatever it was; its description stays.
    assert.deepEqual(await historyOf(stand), ["1 superseded", "2 deployed"]);
    const [marked] = await stand.history();
    assert.match(marked?.description ?? "", /^Marked failed by sluice: left pending-install/);
  },
};

const killedWithoutGithub: DeliveryCase = {
  name: "lock-killed-expired",
  isShort: false,
  run: async (stand) => {
    await installFirst(stand);
    const hanging = await startHanging(stand);
    hanging.killTree();
    await hanging.done;
    stand.anotherRun();
    const inputs = { image: await stand.image("2"), version: "2", ...without };
    const early = await stand.run("helm-deploy", inputs);
    assert.equal(early.outputs["failure-reason"], "locked");
    await sleep(42_000);
    const late = await stand.mustPass("helm-deploy", inputs);
    assert.match(late.log, /it was not renewed for its whole duration while we watched/);
    assert.deepEqual(await historyOf(stand), ["1 superseded", "2 failed", "3 deployed"]);
  },
};

/** The process alone is killed, as by the kernel for want of memory: its Helm goes on. */
const orphan: DeliveryCase = {
  name: "lock-orphaned-helm",
  isShort: false,
  run: async (stand) => {
    await stand.install("1");
    const first = stand.job;
    const hanging = await startHanging(stand);
    process.kill(hanging.pid, "SIGKILL");
    await hanging.done;
    stand.anotherRun();
    stand.standIn.complete(first, "failure");
    const inputs = { image: await stand.image("2"), version: "2" };
    const foreign = await stand.run("helm-deploy", inputs);
    assert.match(
      foreign.reasons[0] ?? "",
      /^Release web is not free: helm upgrade is at work on it here, as process \d+/,
    );
    assert.deepEqual(await historyOf(stand), ["1 deployed", "2 pending-upgrade"]);
    const own = await stand.run("helm-deploy", inputs, { job: first });
    assert.equal(own.verdict, "pass", own.reasons.join("; "));
    assert.match(own.log, /left by a step before as process \d+, is interrupted/);
    assert.deepEqual(await historyOf(stand), ["1 superseded", "2 failed", "3 deployed"]);
  },
};

const failingHook: DeliveryCase = {
  name: "lock-pending-rollback",
  isShort: false,
  run: async (stand) => {
    const set = "{hooks: {preRollback: fail}}";
    await stand.install("1", { set });
    await stand.install("2", { set });
    await stand.helm("rollback", "web", "1", "--timeout", "20s").catch(() => undefined);
    assert.deepEqual(await historyOf(stand), ["1 superseded", "2 deployed", "3 pending-rollback"]);
    const inputs = { image: await stand.image("3"), version: "3" };
    const byHand = await stand.run("helm-deploy", inputs);
    assert.match(
      byHand.reasons[0] ?? "",
      /is locked by Helm \(pending-rollback at revision 3\) and no record says by which run/,
    );
    await stand.helm("rollback", "web", "2", "--no-hooks", "--wait");
    stand.nextRun();

    const failed = await stand.run("rollback", { to: "1", reason: "loses orders", verify: false });
    assert.notEqual(failed.verdict, "pass");
    const [last] = (await historyOf(stand)).slice(-1);
    assert.equal(last, "5 pending-rollback");
    stand.nextRun("failure");
    await stand.mustPass("helm-deploy", { ...inputs, ...without });
    const [marked] = (await stand.history()).slice(-2);
    assert.match(marked?.description ?? "", /^Marked failed by sluice: left pending-rollback/);
    assert.equal((await historyOf(stand)).at(-1), "6 deployed");
  },
};

const sigterm: DeliveryCase = {
  name: "lock-sigterm",
  isShort: false,
  run: async (stand) => {
    await interrupt(stand, await startHanging(stand), "SIGTERM");
    assert.deepEqual(await historyOf(stand), ["1 failed"]);
    assert.deepEqual(await recordsOf(stand), ["rolling bad 1"]);
  },
};

const preempted: DeliveryCase = {
  name: "lock-rollback-preempts",
  isShort: false,
  run: async (stand) => {
    await stand.install("1");
    const first = stand.job;
    const hanging = await startHanging(stand);
    stand.anotherRun();
    const at = performance.now();
    const rolling = await stand.start("rollback", { reason: "loses orders", severity: "P0" });
    const yielded = await hanging.done;
    const seconds = (performance.now() - at) / 1000;
    assert.ok(seconds < 15, `the deploy took ${seconds} s to yield`);
    const rollback = await rolling.done;
    assert.equal(yielded.verdict, "fail");
    assert.match(
      yielded.reasons[0] ?? "",
      /^Yielded to a rollback of avery \(\S+, job deploy\): .*loses orders/,
    );
    assert.equal(yielded.outputs["failure-reason"], "cancelled");
    assert.equal(rollback.verdict, "pass", rollback.reasons.join("; "));
    assert.match(
      rollback.log,
      new RegExp(`in the hands of helm-deploy deploy \\(\\S+/runs/${first.run}/attempts/1, job deploy\\)`),
    );
    assert.deepEqual(new Set((await stand.answers(10, "web")).map((one) => one?.version)), new Set(["1"]));
    const [, second, third] = await stand.history();
    assert.equal(second?.status, "failed");
    assert.match(third?.description ?? "", /^Rollback to 1/);
    assert.equal((await lease(stand)).holder, "");
  },
};

/** Who may work on a release, and what becomes of what the dead have left. */
export const lockCases: readonly DeliveryCase[] = [
  { name: "lock-two-deploys", isShort: true, run: (stand) => playTwoDeploys(stand, usualHelm) },
  {
    name: "lock-two-deploys-helm3",
    isShort: false,
    run: async (stand) => playTwoDeploys(stand, await earlierHelm(stand)),
  },
  { name: "lock-killed-github", isShort: false, run: (stand) => playKilled(stand, usualHelm) },
  {
    name: "lock-killed-github-helm3",
    isShort: false,
    run: async (stand) => playKilled(stand, await earlierHelm(stand)),
  },
  killedFirstInstall,
  killedWithoutGithub,
  orphan,
  failingHook,
  sigterm,
  preempted,
  ...rampCommandCases,
];
