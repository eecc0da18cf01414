import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "../src/rehearsal/cluster/world.ts";
import type { TrafficReport } from "../src/rehearsal/traffic.ts";
import { deliver, inputsOf } from "../test/e2e/delivery/cases/steps.ts";
import { type ActionInputs, type ActionRun, Stand } from "../test/e2e/delivery/stand.ts";

interface Row {
  readonly what: string;
  /** From the start of the process until traffic is proven to be with the version returned to. */
  readonly safeSeconds: number;
  /** The last whole second in which anything but the version returned to answered, by the counted answers. */
  readonly lastOtherSeconds: number;
  /** What the action says itself: safe, and verified. */
  readonly verifiedSeconds: number | undefined;
  /** The whole step or command. */
  readonly stepSeconds: number;
  readonly requests: number;
  readonly lost: number;
  readonly errors: number;
  readonly load: number;
}

const leastRequests = 10_000;
const requestsPerSecond = 400;
const pods = 10;
const roomy: ActionInputs = { timeout: "10m" };

/** Runs something under traffic, which goes on until enough was counted. */
async function underTraffic(
  stand: Stand,
  what: string,
  act: () => Promise<{ readonly seconds: number; readonly run?: ActionRun }>,
): Promise<Row> {
  const load = round(loadavg()[0] ?? Number.NaN);
  const prober = await stand.probe({ requestsPerSecond });
  await sleep(3000);
  const beganAt = (await prober.report()).seconds;
  const { seconds, run } = await act();
  while ((await prober.report()).total < leastRequests) await sleep(1000);
  const report = await prober.stop();
  await stand.close();
  const { total: requests, lost, errors } = report;
  const said = run?.outputs["duration-seconds"];
  const row = {
    what,
    safeSeconds: round(safeAt(run) ?? seconds),
    lastOtherSeconds: round(Math.max(0, lastOfOther(report) - beganAt)),
    verifiedSeconds: said === undefined ? undefined : Number(said),
    stepSeconds: round(seconds),
    requests,
    lost,
    errors,
    load,
  };
  console.error(JSON.stringify(row));
  return row;
}

function safeAt(run: ActionRun | undefined): number | undefined {
  const line = run?.lines.findLast(({ text }) => /^done: (proof that|roll back to)/.test(text));
  return line === undefined ? undefined : line.at / 1000;
}

/** The last second in which anything but version 1 answered. */
function lastOfOther({ series }: TrafficReport): number {
  return Math.max(0, ...series.filter((one) => one.version !== "1").map(({ second }) => second + 1));
}

async function rollBack(stand: Stand, inputs: ActionInputs = {}) {
  stand.nextRun();
  const run = await stand.mustPass("rollback", { reason: "bench", ...inputs });
  return { seconds: run.seconds, run };
}

async function rolling(world: World, peer: boolean): Promise<Row> {
  const stand = await Stand.make(world, peer ? "bench-helm" : "bench-rolling");
  await stand.route();
  const set = `replicas: ${pods}`;
  await stand.install("1", { set, ...roomy });
  await stand.install("2", { set, ...roomy });
  if (!peer) return underTraffic(stand, `rolling, ${pods} pods`, () => rollBack(stand));
  return underTraffic(stand, `helm rollback --wait, ${pods} pods`, async () => {
    const begunAt = performance.now();
    await stand.helm("rollback", "web", "1", "--wait", "--timeout", "300s");
    return { seconds: (performance.now() - begunAt) / 1000 };
  });
}

async function canary(world: World): Promise<Row> {
  const stand = await Stand.make(world, "bench-canary");
  const traffic = await stand.route();
  await stand.install("1", roomy);
  const inputs = await inputsOf(stand, { strategy: "canary", traffic, more: roomy }, { version: "2" });
  await stand.mustPass("helm-deploy", inputs);
  const weights = [70, 30].map((value, index) => ({
    op: "replace",
    path: `/spec/rules/0/backendRefs/${index}/weight`,
    value,
  }));
  await stand.kubectl("patch", "httproute", "web", "--type", "json", "-p", JSON.stringify(weights));
  return underTraffic(stand, "canary at 30 %", () => rollBack(stand, { traffic }));
}

async function colours(world: World, isUp: boolean): Promise<Row> {
  const stand = await Stand.make(world, isUp ? "bench-pair" : "bench-pair-gone");
  const traffic = await stand.route("web-blue", "web-green");
  const plan = { strategy: "blue-green", traffic, more: { "watch-time": "0s", ...roomy } } as const;
  await deliver(stand, plan, "1");
  const inputs = await inputsOf(stand, plan, { version: "2" });
  for (const phase of isUp ? ["deploy", "promote"] : ["deploy", "promote", "finish"])
    await stand.mustPass("helm-deploy", { ...inputs, phase });
  const what = isUp ? "blue-green, both colours up" : "blue-green, old colour removed";
  return underTraffic(stand, what, () => rollBack(stand, { traffic }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Every strategy, one after another. */
export async function measureRollbacks(world: World): Promise<unknown> {
  const rows = [
    await rolling(world, true),
    await rolling(world, false),
    await canary(world),
    await colours(world, true),
    await colours(world, false),
  ];
  return {
    bench: "rollback",
    date: new Date().toISOString(),
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model}`,
    requestsPerSecond,
    bar: "canary and blue-green 5 s to safe traffic, 0 lost; rolling within 10 % + 2 s of helm rollback --wait, verification included",
    peer: "helm rollback --wait",
    rows,
  };
}
