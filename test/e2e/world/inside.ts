import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readInside, stayUp } from "../../../src/rehearsal/cluster/inside.ts";
import { basicAuthorization } from "../../../src/rehearsal/cluster/registry.ts";
import { startWorld, type World } from "../../../src/rehearsal/cluster/world.ts";
import { askAs, startIssuer } from "./identity.ts";

/** What the test outside reads: observations, never judgements. */
export interface Seen {
  readonly runFolder: string;
  readonly seconds: number;
  readonly shares: Readonly<Record<string, number>>;
  readonly sharesAtZero: Readonly<Record<string, number>>;
  readonly registry: { readonly anonymous: number; readonly loggedIn: number };
  readonly scraped: readonly Readonly<Record<string, string>>[];
  readonly databases: Readonly<Record<string, string>>;
  readonly podReachesDatabase: number;
  readonly tokens: Readonly<Record<string, number>>;
  readonly broken: string;
}

async function look(world: World, seconds: number): Promise<Seen> {
  const kubectl = (...args: readonly string[]) =>
    must(world.parts.kubectl, ["--kubeconfig", world.kubeconfig, ...args]);
  kubectl("create", "-f", fileURLToPath(new URL("two-versions.yaml", import.meta.url)));
  for (const name of ["web", "web-candidate"]) {
    kubectl("-n", "production", "rollout", "status", `deploy/${name}`, "--timeout=60s");
  }
  // Ready pods are routed to a moment later, and so is a new weight.
  await waitFor(async () => {
    const { stable = 0, candidate = 0 } = await count(world, 50);
    return candidate > 0 && stable + candidate === 50;
  });
  const shares = await count(world, 200);
  const patch = [{ op: "replace", path: "/spec/rules/0/backendRefs/1/weight", value: 0 }];
  kubectl("-n", "production", "patch", "httproute/web", "--type=json", "-p", JSON.stringify(patch));
  await waitFor(async () => (await count(world, 100)).stable === 100);
  const sharesAtZero = await count(world, 100);
  const { host, port } = world.postgres;
  const dial = `require("net").connect(${port}, "${host}").on("connect", () => process.exit(0)).on("error", () => process.exit(9))`;
  return {
    runFolder: world.runFolder,
    seconds,
    shares,
    sharesAtZero,
    registry: await askRegistry(world),
    scraped: await waitForScrape(world),
    databases: askDatabases(world),
    podReachesDatabase:
      run(world.parts.kubectl, [
        ...[
          "--kubeconfig",
          world.kubeconfig,
          "-n",
          "production",
          "exec",
          "deploy/web",
          "--",
          "node",
          "-e",
          dial,
        ],
      ]).status ?? 1,
    tokens: await tryTokens(world),
    broken: await breakPrometheus(world),
  };
}

function run(program: string, args: readonly string[]) {
  return spawnSync(program, args, { encoding: "utf8" });
}

function must(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = run(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function waitFor(claim: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await claim()) return;
    await sleep(200);
  }
  throw new Error("waited for 20 s in vain");
}

/** What answers for production through the gateway: its text, or the status that is not a 200. */
function answerOf(world: World): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(world.gatewayUrl, { headers: { host: world.hostnames.production }, agent: false });
    call.on("error", reject);
    call.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve(response.statusCode === 200 ? text.trim() : `status ${response.statusCode}`),
      );
    });
    call.end();
  });
}

async function count(world: World, requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < requests; sent += 1) {
    const answer = await answerOf(world);
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

async function askRegistry(world: World) {
  const url = `http://${world.registry.host}/v2/base/node/tags/list`;
  const anonymous = await fetch(url);
  const loggedIn = await fetch(url, { headers: { authorization: basicAuthorization(world.registry) } });
  return { anonymous: anonymous.status, loggedIn: loggedIn.status };
}

interface Answer {
  readonly data: { readonly result: readonly { readonly metric: Record<string, string> }[] };
}

async function waitForScrape(world: World): Promise<Seen["scraped"]> {
  let found: Seen["scraped"] = [];
  await waitFor(async () => {
    const response = await fetch(`${world.prometheusUrl}/api/v1/query?query=up_since`);
    const { data } = (await response.json()) as Answer;
    found = data.result.map(({ metric }) => metric);
    return found.length >= 2;
  });
  return found;
}

function askDatabases(world: World): Record<string, string> {
  const psql = `${world.postgres.binaries}/psql`;
  const ask = (url: string) =>
    must(psql, [url, "-Atc", "select current_user || '@' || current_database()"]).trim();
  return { staging: ask(world.postgres.urls.staging), production: ask(world.postgres.urls.production) };
}

async function tryTokens(world: World): Promise<Record<string, number>> {
  const issuer = await startIssuer(world);
  const production = "repo:acme/web:environment:production";
  const inProduction = "/api/v1/namespaces/production/secrets";
  const token = (sub: string, more: Parameters<typeof issuer.token>[1] = {}) => issuer.token(sub, more);
  // The API server looks for an issuer that was not there every 10 s.
  await waitFor(async () => (await askAs(world, await token(production), "GET", inProduction)) !== 401);
  const seen = {
    deployerReads: await askAs(world, await token(production), "GET", inProduction),
    deployerWrites: await askAs(world, await token(production), "POST", inProduction),
    deployerElsewhere: await askAs(
      world,
      await token(production),
      "GET",
      "/api/v1/namespaces/staging/secrets",
    ),
    plannerReads: await askAs(world, await token(`${production}-plan`), "GET", inProduction),
    plannerWrites: await askAs(world, await token(`${production}-plan`), "POST", inProduction),
    stranger: await askAs(world, await token("repo:else/where:environment:production"), "GET", inProduction),
    wrongAudience: await askAs(world, await token(production, { audience: "other" }), "GET", inProduction),
    expired: await askAs(world, await token(production, { seconds: -60 }), "GET", inProduction),
  };
  issuer.close();
  return seen;
}

async function breakPrometheus(world: World): Promise<string> {
  must("sh", ["-c", `kill -9 $(pidof prometheus)`]);
  return Promise.race([world.broken, sleep(5000, "nobody said anything")]);
}

const begun = performance.now();
const inside = await readInside();
const [, , task = "", seenFile = ""] = process.argv;
const world = await startWorld(inside);
const seconds = (performance.now() - begun) / 1000;
if (task === "look") await writeFile(seenFile, JSON.stringify(await look(world, seconds)));
if (task === "wait") {
  await writeFile(seenFile, JSON.stringify({ runFolder: world.runFolder }));
  process.on("SIGTERM", () => process.exit(143));
  await sleep(3_600_000);
}
if (task === "keep") {
  await writeFile(seenFile, JSON.stringify({ runFolder: world.runFolder }));
  await stayUp(7);
}
await world.stop();
process.exit(0);
