import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { readInputs } from "../../src/actions/canary-analyze/inputs.ts";
import { canaryAnalyze } from "../../src/actions/canary-analyze/story.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { http } from "../../src/platform/http.ts";
import { prometheus } from "../../src/platform/prometheus.ts";
import { fakeRunner } from "../fakes/fake-runner.ts";

const program = process.env.SLUICE_TEST_PROMETHEUS ?? findProgram();
if (program === undefined)
  console.log("skipped: no prometheus on PATH (SLUICE_TEST_PROMETHEUS names one elsewhere)");

const cleaning: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleaning.splice(0).toReversed()) clean();
});

interface Behaviour {
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  readonly slowRate: number;
}

const metrics = `
- name: error-rate
  errors: http_requests_total{ {{arm}}, status=~"5.." }
  requests: http_requests_total{ {{arm}} }
  limit: 5%
- name: latency
  buckets: http_request_duration_seconds_bucket{ {{arm}} }
  limit: p95 500ms
`;

const stable: Behaviour = { requestsPerSecond: 300, errorRate: 0.01, slowRate: 0.01 };

test.skipIf(program === undefined).each<{ name: string; candidate: Behaviour; kind: string; says?: RegExp }>([
  { name: "an equal version passes", candidate: { ...stable, requestsPerSecond: 100 }, kind: "pass" },
  {
    name: "four times the errors are stopped",
    candidate: { ...stable, requestsPerSecond: 100, errorRate: 0.04 },
    kind: "fail",
    says: /^error-rate: /,
  },
  {
    name: "a slow version is stopped",
    candidate: { ...stable, requestsPerSecond: 100, slowRate: 0.3 },
    kind: "fail",
    says: /^latency: .* slower than 500 ms/,
  },
])(
  "canary-analyze on a real Prometheus: $name",
  async ({ candidate, kind, says }) => {
    const address = await startPrometheus({
      stable: await startService(stable),
      candidate: await startService(candidate),
    });
    const result = await analyze(address);
    expect(result.verdict.kind).toBe(kind);
    if (says !== undefined && result.verdict.kind === "fail") expect(result.verdict.reasons[0]).toMatch(says);
  },
  90_000,
);

async function analyze(address: string) {
  const runner = fakeRunner("canary-analyze", {
    mode: "analyze",
    metrics,
    "prometheus-url": address,
    baseline: 'track="stable"',
    candidate: 'track="candidate"',
    interval: "1s",
    duration: "25s",
  });
  const inputs = await readInputs(runner, {});
  const result = await canaryAnalyze(
    inputs,
    { runner, signal: new AbortController().signal },
    {
      clock: systemClock,
      metrics: prometheus(address, http),
      withWeights: () => Promise.reject(new Error("an analysis has no weights")),
    },
  );
  console.log(runner.said.slice(-3).join("\n"));
  return result;
}

/** Whether a request is one of those that a rate asks for, evenly spread: the same verdict each time. */
function isNext(index: number, rate: number): boolean {
  return Math.floor((index + 1) * rate) > Math.floor(index * rate);
}

/** A service that counts what it would have served. */
async function startService({ requestsPerSecond, errorRate, slowRate }: Behaviour): Promise<number> {
  const counters = { ok: 0, failed: 0, within: 0 };
  const startedMs = Date.now();
  let served = 0;
  const serve = () => {
    const due = Math.floor(((Date.now() - startedMs) / 1000) * requestsPerSecond);
    for (; served < due; served++) {
      if (isNext(served, errorRate)) counters.failed++;
      else counters.ok++;
      if (!isNext(served, slowRate)) counters.within++;
    }
  };
  const server = createServer((_request, response) => {
    serve();
    const all = counters.ok + counters.failed;
    const failed = counters.failed === 0 ? "" : `http_requests_total{status="500"} ${counters.failed}\n`;
    const buckets = [`le="0.5"} ${counters.within}`, `le="+Inf"} ${all}`].map(
      (bucket) => `http_request_duration_seconds_bucket{${bucket}\n`,
    );
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(`http_requests_total{status="200"} ${counters.ok}\n${failed}${buckets.join("")}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleaning.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function startPrometheus(ports: Readonly<Record<"stable" | "candidate", number>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-prometheus-"));
  const targets = Object.entries(ports).map(
    ([track, port]) => `      - {targets: ["127.0.0.1:${port}"], labels: {track: ${track}}}`,
  );
  writeFileSync(
    join(folder, "prometheus.yml"),
    [
      "scrape_configs:",
      "  - job_name: web",
      "    scrape_interval: 1s",
      "    scrape_timeout: 1s",
      "    static_configs:",
      ...targets,
    ].join("\n"),
  );
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    program ?? "",
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${listen}`,
    ],
    { stdio: "ignore" },
  );
  cleaning.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => child.kill("SIGKILL"),
  );
  await waitUntilScraped(child, `http://${listen}`);
  return `http://${listen}`;
}

async function waitUntilScraped(child: ChildProcess, address: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`prometheus exited with ${child.exitCode}`);
    await sleep(200);
    const answer = await fetch(
      `${address}/api/v1/query?query=count(count+by+(track)(http_requests_total))`,
    ).catch(() => undefined);
    const text = (await answer?.text()) ?? "";
    if (/"value":\[[\d.]+,"2"\]/.test(text)) return;
  }
  throw new Error("prometheus scraped nothing within 20 s");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function findProgram(): string | undefined {
  try {
    return execFileSync("sh", ["-c", "command -v prometheus"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
