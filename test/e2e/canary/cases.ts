import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeliveryCase } from "../delivery/case.ts";
import { expectSituation } from "../delivery/cases/situation.ts";
import type { ActionRun, Stand } from "../delivery/stand.ts";
import { Service, stepsOf } from "./canary.ts";

/** The candidate was stopped, got no more traffic, and nobody but it was hurt. */
async function expectStopped(stand: Stand, ramp: ActionRun, reason: RegExp): Promise<void> {
  assert.equal(ramp.verdict, "fail", ramp.reasons.join("; "));
  assert.match(ramp.reasons[0] ?? "", reason);
  assert.equal(ramp.outputs.weight, "0");
  assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
  assert.equal((await stand.records()).rollout?.ramp, undefined);
}

const fourTimesTheErrors: DeliveryCase = {
  name: "canary-verdict-errors",
  isShort: false,
  run: async (stand) => {
    const service = await Service.start(stand);
    const ramp = await service.ramp(await service.deploy("2", { ERROR_SHARE: "0.08" }));
    await expectStopped(stand, ramp, /^error-rate: /);
    const steps = stepsOf(ramp);
    assert.ok(steps.length <= 2, JSON.stringify(steps));
    assert.equal(steps.at(-1)?.ended, "failed");
    assert.equal((await service.prober.stop()).lost, 0);
  },
};

const aQuarterSlower: DeliveryCase = {
  name: "canary-verdict-latency",
  isShort: false,
  run: async (stand) => {
    const service = await Service.start(stand);
    // By default 1.2 times as slow is tolerated, and a quarter more is hardly worse than that.
    service.toleratedLatency = 1.1;
    const ramp = await service.ramp(await service.deploy("2", { LATENCY_FACTOR: "1.25" }));
    await expectStopped(stand, ramp, /^latency: /);
    const most = Math.max(...stepsOf(ramp).map(({ weight }) => weight));
    assert.ok(most < 50, JSON.stringify(stepsOf(ramp)));
    assert.equal((await service.prober.stop()).lost, 0);
  },
};

const versions = 10;

const tenInARow: DeliveryCase = {
  name: "canary-verdict-ten-equal",
  isShort: false,
  run: async (stand) => {
    const service = await Service.start(stand);
    const told = {
      confidence: "0.999",
      // Where steps are listed, this one stays as it is.
      "step-interval": "15m",
      steps: "10@8s,50@8s,95@8s",
      interval: "2s",
      "longest-interval": "2s",
    };
    for (let version = 2; version < 2 + versions; version++) {
      const deployed = await service.deploy(String(version));
      const ramp = await service.ramp(deployed, told);
      assert.equal(ramp.verdict, "pass", `version ${version}: ${ramp.reasons.join("; ")}\n${ramp.log}`);
      assert.deepEqual(
        stepsOf(ramp).map(({ weight }) => weight),
        [10, 50, 95],
      );
      await service.promote(deployed, ramp);
    }
    await expectSituation(stand, { serves: [String(1 + versions)], rollout: "none" });
    assert.equal((await service.prober.stop()).lost, 0);
  },
};

interface Lost {
  readonly service: Service;
  readonly resumed: ActionRun;
  readonly lost: ActionRun;
}

const threeSteps = { "start-weight": 10, "step-weight": 40, "step-interval": "25s" } as const;

/** Kills the runner of a ramp while the candidate has half the traffic, and starts the job again. */
async function loseRunner(stand: Stand): Promise<Lost> {
  const service = await Service.start(stand);
  const deployed = await service.deploy("2");
  const running = await service.startRamp(deployed, threeSteps);
  await running.seen(/weight 50 confirmed|weight 50: /);
  await sleep(8_000);
  running.killTree();
  const lost = await running.done;
  const { job } = stand;
  stand.standIn.complete(job, "failure");
  await sleep(5_000);
  assert.deepEqual(await stand.weights(), { web: 50, "web-candidate": 50 });
  const size = JSON.stringify((await stand.records()).rollout?.ramp).length;
  assert.ok(size > 500 && size < 60_000, `the state has ${size} characters`);
  const again = await service.startRamp(deployed, threeSteps, { job: stand.standIn.again(job) });
  return { service, lost, resumed: await again.done };
}

const lostRunner: DeliveryCase = {
  name: "canary-verdict-runner-lost",
  isShort: false,
  run: async (stand) => {
    const { service, resumed } = await loseRunner(stand);
    assert.equal(resumed.verdict, "pass", resumed.reasons.join("; "));
    assert.match(resumed.log, /The ramp goes on at step 2 of 3, weight 50 %/);
    assert.doesNotMatch(resumed.log, /weight 10 confirmed|^weight 10 %/m);
    assert.deepEqual(
      stepsOf(resumed).map(({ weight, ended }) => `${weight} ${ended}`),
      ["10 advanced", "50 advanced", "90 passed"],
    );
    const details = resumed.evidence?.details as unknown as {
      resumed: { weight: number; unwatchedSeconds: number };
    };
    assert.equal(details.resumed.weight, 50);
    assert.ok(details.resumed.unwatchedSeconds >= 5, JSON.stringify(details.resumed));
    assert.deepEqual(await stand.weights(), { web: 10, "web-candidate": 90 });
    assert.equal((await service.prober.stop()).lost, 0);
  },
};

const lostForGood: DeliveryCase = {
  name: "canary-verdict-brought-home",
  isShort: false,
  run: async (stand) => {
    const service = await Service.start(stand);
    const deployed = await service.deploy("2");
    const running = await service.startRamp(deployed, threeSteps);
    await running.seen(/weight 10 %/);
    running.killTree();
    await running.done;
    stand.nextRun("failure");
    const recover = await stand.run("rollback", { mode: "recover", reason: "the runner was lost" });
    assert.equal(recover.verdict, "pass", recover.reasons.join("; "));
    assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
    assert.equal((await stand.records()).rollout, undefined);
    assert.equal((await service.prober.stop()).lost, 0);
  },
};

/** What canary-analyze says of real versions under real traffic. The longest comes first. */
export const canaryVerdictCases: readonly DeliveryCase[] = [
  tenInARow,
  fourTimesTheErrors,
  aQuarterSlower,
  lostRunner,
  lostForGood,
];
