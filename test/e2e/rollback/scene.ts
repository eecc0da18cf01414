import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { rollback } from "../../../src/actions/rollback/run.ts";
import type { Parts } from "../../../src/actions/rollback/world.ts";
import type { DeployRecord } from "../../../src/domain/record/record.ts";
import { withRollout } from "../../../src/domain/record/state.ts";
import { parseTarget } from "../../../src/domain/rollback/handle.ts";
import { parseTraffic } from "../../../src/domain/traffic/parse.ts";
import type { ActionContext } from "../../../src/platform/action.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { helm } from "../../../src/platform/helm.ts";
import { kubectl } from "../../../src/platform/kubectl.ts";
import { withLease } from "../../../src/platform/lease.ts";
import { recordStore } from "../../../src/platform/record-store.ts";
import { mustSucceed, shell } from "../../../src/platform/shell.ts";
import { trafficSwitch } from "../../../src/platform/traffic.ts";
import { confirmWeight } from "../../../src/platform/traffic-confirm.ts";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { startTraffic, type TrafficReport } from "../../../src/rehearsal/traffic.ts";
import { record, rollout, run } from "../../domain/rollback/records.ts";

/** What the test outside reads: observations, never judgements. */
export interface Seen {
  readonly weights: readonly { readonly percent: number; readonly decision: string; readonly read: number }[];
  readonly locked: string;
  readonly recovered: {
    readonly verdict: string;
    readonly reasons: unknown;
    readonly notes: unknown;
    readonly steps: unknown;
  };
  readonly weightAfter: number;
  readonly candidate: string;
  readonly history: readonly string[];
  readonly records: readonly string[];
  readonly hasRollout: boolean;
  readonly traffic: Pick<TrafficReport, "total" | "lost" | "lostBy" | "arms">;
  readonly servesAfter: readonly string[];
}

type Place = Pick<World, "kubeconfig" | "gatewayUrl" | "hostnames"> & {
  readonly parts: Pick<World["parts"], "helm" | "kubectl">;
};

const namespace = "production";
const chart = fileURLToPath(new URL("chart", import.meta.url));

/** A canary is promoted; its runner dies while Helm is half-way; a recovery brings everything home under traffic. */
export async function play(world: Place, image: string): Promise<Seen> {
  const { parts, traffic, trafficText, upgrade } = prepare(world, image);
  await upgrade("web", "stable", "1");
  await upgrade("web-candidate", "candidate", "2");
  await parts.store.update((state) =>
    withRollout(
      { ...state, records: [promotion, first(image)] },
      rollout({ phase: "promoting", weight: 95 }),
    ),
  );
  const requests = { url: world.gatewayUrl, hostHeader: world.hostnames.production };
  const load = await startTraffic({ ...requests, requestsPerSecond: 100, concurrency: 16 });
  const weights = await climb(parts, traffic, [0, 5, 50, 100, 95]);
  await killHelm(world, image);
  const locked = (await parts.cluster.helm.history("web", namespace)).at(-1)?.status ?? "";
  const result = await rollback(inputs(trafficText), context, parts);
  const report = await load.stop();
  const after = await startTraffic({ ...requests, requestsPerSecond: 100, concurrency: 4 });
  await sleep(1000);
  const { records, rollout: left } = await parts.store.read();
  return {
    weights,
    locked,
    recovered: {
      verdict: result.verdict.kind,
      reasons: result.verdict,
      notes: result.details.notes,
      steps: result.details.steps,
    },
    weightAfter: await trafficSwitch(parts.cluster.kubectl, traffic, namespace).readWeight(),
    candidate: (await parts.cluster.helm.status("web-candidate", namespace)) ?? "gone",
    history: (await parts.cluster.helm.history("web", namespace)).map(
      (one) => `${one.revision} ${one.status}`,
    ),
    records: records.map(({ strategy, status, revision }) => `${strategy} ${status} ${revision ?? "-"}`),
    hasRollout: left !== undefined,
    traffic: report,
    servesAfter: (await after.stop()).arms.map(({ track, version }) => `${track} ${version}`),
  };
}

const { revision: _unknown, ...promotion } = record(9, {
  strategy: "canary",
  status: "deploying",
  previousRevision: 1,
});

function first(image: string): DeployRecord {
  return record(1, { images: [image], digest: image.split("@")[1] ?? "" });
}

function prepare(world: Place, image: string) {
  const env = { KUBECONFIG: world.kubeconfig };
  const cluster = {
    namespace,
    kubeconfigPath: world.kubeconfig,
    kubectl: kubectl(shell, { program: world.parts.kubectl, env }),
    helm: helm(shell, { program: world.parts.helm, env, major: 4 }),
  };
  const trafficText = `provider: gateway
route: {name: web}
stable: {service: web, port: 80}
candidate: {service: web-candidate, port: 80}
confirm: {url: "${world.gatewayUrl}/", host: ${world.hostnames.production}}
`;
  const traffic = parseTraffic(trafficText);
  if (traffic === undefined) throw new Error("there is traffic");
  const parts: Parts = {
    cluster,
    store: recordStore(cluster.kubectl, "web", namespace),
    withLease: (request, body) => withLease(cluster.kubectl, request, body),
    confirm: confirmWeight,
    clock: systemClock,
    late: new AbortController().signal,
    registryFor: () => Promise.resolve({ resolve: () => Promise.resolve({}) } as never),
    github: { isOver: () => Promise.resolve(true) } as never,
  };
  const upgrade = (release: string, track: string, version: string) =>
    mustSucceed(shell, world.parts.helm, [...upgradeArgs(release, track, version, image), "--wait"], { env });
  return { parts, traffic, trafficText, upgrade };
}

function upgradeArgs(release: string, track: string, version: string, image: string): readonly string[] {
  const values = ["--set-string", `image=${image},track=${track},version=${version}`];
  return ["upgrade", "--install", "-n", namespace, release, chart, ...values];
}

async function climb(parts: Parts, traffic: Parameters<typeof trafficSwitch>[1], steps: readonly number[]) {
  const weight = trafficSwitch(parts.cluster.kubectl, traffic, namespace);
  const seen: Seen["weights"][number][] = [];
  for (const percent of steps) {
    await weight.setWeight(percent);
    if (traffic.confirm === undefined) throw new Error("there is a confirm");
    const { decision } = await confirmWeight(traffic.confirm, { percent });
    seen.push({ percent, decision, read: await weight.readWeight() });
  }
  return seen;
}

/** Helm begins the promotion and is killed as soon as a pod of the new version is there. */
async function killHelm(world: Place, image: string): Promise<void> {
  const env = { ...process.env, KUBECONFIG: world.kubeconfig };
  const child = spawn(world.parts.helm, [...upgradeArgs("web", "stable", "2", image), "--wait"], {
    env,
    stdio: "ignore",
  });
  const pods = [
    "--kubeconfig",
    world.kubeconfig,
    "-n",
    namespace,
    "get",
    "pods",
    "-l",
    "app=web",
    "-o",
    "name",
  ];
  const before = await mustSucceed(shell, world.parts.kubectl, pods);
  while ((await mustSucceed(shell, world.parts.kubectl, pods)) === before && child.exitCode === null)
    await sleep(50);
  child.kill("SIGKILL");
}

const context = {
  runner: { info: (line: string) => console.log(line), env: {} },
  signal: new AbortController().signal,
  run: { ...run, runId: "200", commit: "c0ffee", actor: "octocat" },
} as unknown as ActionContext;

function inputs(trafficText: string): Parameters<typeof rollback>[0] {
  return {
    release: "web",
    mode: "recover",
    to: parseTarget("last-good"),
    reason: "its runner was lost",
    severity: "P2",
    lift: { kind: "all" },
    allowDowntime: false,
    ignoreSchemaLevel: false,
    firstInstall: "keep",
    isAutomatic: false,
    allowUnverified: false,
    verify: true,
    timeLimitMs: 300_000,
    dryRun: false,
    trafficText,
    access: { kind: "ambient", namespace, path: "" },
  };
}
