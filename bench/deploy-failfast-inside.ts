import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { shell } from "../src/platform/shell.ts";
import { readInside } from "../src/rehearsal/cluster/inside.ts";
import { startWorld, type World } from "../src/rehearsal/cluster/world.ts";
import { grantControllers } from "../test/e2e/delivery/cases/fault-play.ts";
import { admissionFaults, type Fault, inputsOf, podFaults } from "../test/e2e/delivery/cases/faults.ts";
import { chart, Stand } from "../test/e2e/delivery/stand.ts";

interface Entry extends Fault {
  /** Values of both versions. */
  readonly more?: object;
  readonly barSeconds?: number;
}

interface Row {
  readonly fault: string;
  readonly reason: string;
  /** From the start of the action to its verdict on the rollout. */
  readonly redSeconds: number | undefined;
  readonly barSeconds: number | undefined;
  /** To the end of the step, diagnosis and rollback included. */
  readonly stepSeconds: number;
  helmSeconds?: number;
  helmExit?: number;
}

const helmTimeoutSeconds = 300;
const quick = new Set(["image", "config", "container", "crash"]);

function entries(): readonly Entry[] {
  const crash = podFaults.filter(({ name }) => name === "crash-at-start");
  const controllers = (["StatefulSet", "DaemonSet"] as const).flatMap((kind) =>
    crash.map((one) => ({ ...one, name: `crash in a ${kind}`, more: { kind, replicas: 1 } })),
  );
  const quota = admissionFaults.filter(({ name }) => name === "quota");
  const ending = quota.map((one) => ({
    ...one,
    name: "quota, while a pod ends",
    more: { strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } },
    around: (namespace: string) => [
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "narrow", namespace },
        spec: { hard: { pods: "1" } },
      },
    ],
    barSeconds: 45,
  }));
  const faults: readonly Entry[] = [...podFaults, ...controllers, ...admissionFaults, ...ending];
  return faults.map((one) => ({ ...one, ...barOf(one) }));
}

function barOf({ reason, barSeconds, name }: Entry): { readonly barSeconds?: number } {
  if (barSeconds !== undefined) return { barSeconds };
  if (name === "quota" || quick.has(reason)) return { barSeconds: 15 };
  return {};
}

/** Ours: the action as a process, from its start to the line of its verdict. */
async function measureOurs(world: World, entry: Entry): Promise<Row> {
  const stand = await ready(world, entry, "ours");
  await around(stand, entry);
  const run = await stand.run("helm-deploy", inputsOf(entry, await stand.image("2"), entry.more));
  const verdict = run.lines.find(({ text }) => /^(The rollout is doomed|Failed \()/.test(text));
  if (run.verdict !== "fail") throw new Error(`${entry.name} should be red: ${run.reasons.join("; ")}`);
  await stand.close();
  return {
    fault: entry.name,
    reason: run.outputs["failure-reason"] ?? "",
    redSeconds: verdict === undefined ? undefined : round(verdict.at / 1000),
    barSeconds: entry.barSeconds,
    stepSeconds: round(run.seconds),
  };
}

/** The peer: Helm alone, with its wait. */
async function measureHelm(
  world: World,
  stand: Stand,
  entry: Entry,
): Promise<Pick<Row, "helmSeconds" | "helmExit">> {
  await around(stand, entry);
  const image = await stand.image("2");
  const [repository = "", digest = ""] = image.split("@");
  const values = {
    ...entry.more,
    version: "2",
    ...entry.values(image),
    image: { repository, digest },
  };
  const file = join(stand.folder, "values.yaml");
  await writeFile(file, stringify(values));
  const begun = performance.now();
  const args = ["upgrade", "web", chart, "-n", stand.namespace, "-f", file, "--wait"];
  const ran = await shell(world.parts.helm, [...args, "--timeout", `${helmTimeoutSeconds}s`], {
    env: { KUBECONFIG: world.kubeconfig },
    timeoutMs: (helmTimeoutSeconds + 60) * 1000,
  });
  const helmSeconds = round((performance.now() - begun) / 1000);
  await stand.close();
  return { helmSeconds, helmExit: ran.exitCode };
}

async function ready(world: World, entry: Entry, who: string): Promise<Stand> {
  const stand = await Stand.make(world, `${who}-${entry.name.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}`);
  await grantControllers(stand);
  await stand.mustPass("helm-deploy", {
    image: await stand.image("1"),
    version: "1",
    timeout: "180s",
    set: stringify({ ...entry.more, version: "1" }),
  });
  stand.nextRun();
  return stand;
}

async function around(stand: Stand, entry: Entry): Promise<void> {
  const objects = entry.around?.(stand.namespace) ?? [];
  if (objects.length > 0) await stand.apply(...objects);
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

const only = new Set((process.env.SLUICE_BENCH_ONLY ?? "").split(",").filter((name) => name !== ""));
const world = await startWorld(await readInside());
const chosen = entries().filter(({ name }) => only.size === 0 || only.has(name));
const rows: Row[] = [];
const loads: number[] = [];
for (const entry of chosen) {
  loads.push(loadavg()[0] ?? Number.NaN);
  const row = await measureOurs(world, entry);
  rows.push(row);
  console.error(`${entry.name}: red after ${row.redSeconds} s, step ${row.stepSeconds} s`);
}
const standing: { readonly entry: Entry; readonly stand: Stand }[] = [];
for (const entry of chosen) standing.push({ entry, stand: await ready(world, entry, "helm") });
// Helm only waits: side by side these cost little.
const peers = await Promise.all(standing.map(({ entry, stand }) => measureHelm(world, stand, entry)));
for (const [index, row] of rows.entries()) Object.assign(row, peers[index]);
const result = {
  bench: "deploy-failfast",
  date: new Date().toISOString(),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  load: `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
  bar: "15 s for image, config and crash faults; quota 45 s, at once when no pod of the release is terminating",
  peer: `helm upgrade --wait --timeout ${helmTimeoutSeconds}s`,
  rows,
};
await writeFile(process.argv[2] ?? "", JSON.stringify(result));
// Everything that was started inside ends with this process.
process.exit(0);
