import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type RunningTraffic, startTraffic, type TrafficReport } from "../../src/rehearsal/traffic.ts";
import { Histogram } from "../../src/rehearsal/traffic-tally.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, server };
}

const even = { requestsPerSecond: 200, concurrency: 8 };

/** Waits for a count rather than for a time: a busy machine is only slower. */
async function until(traffic: RunningTraffic, isEnough: (report: TrafficReport) => boolean): Promise<void> {
  while (!isEnough(await traffic.report())) await sleep(20);
}

test("startTraffic() counts every answer by version, track and status", async () => {
  let asked = 0;
  const { url } = await serve((_request, response) => {
    const isCandidate = ++asked % 4 === 0;
    response
      .writeHead(isCandidate ? 500 : 200, {
        "x-sluice-track": isCandidate ? "candidate" : "stable",
        "x-sluice-version": isCandidate ? "2.0.0" : "1.0.0",
      })
      .end("{}");
  });
  const traffic = await startTraffic({ url, ...even });
  await until(traffic, ({ total }) => total >= 100);
  const report = await traffic.stop();
  expect(report).toMatchObject({ total: asked, lost: 0 });
  const candidate = report.arms.find(({ track }) => track === "candidate");
  expect(candidate).toMatchObject({
    version: "2.0.0",
    requests: Math.floor(asked / 4),
    errors: candidate?.requests,
  });
  expect(candidate?.statuses).toEqual({ 500: candidate?.requests });
  expect(report.errors).toBe(candidate?.requests);
  expect(report.series.reduce((sum, one) => sum + one.requests, 0)).toBe(asked);
});

test("startTraffic() sends the Host header and keeps its connections", async () => {
  const hosts = new Set<string | undefined>();
  const { url, server } = await serve((request, response) => {
    hosts.add(request.headers.host);
    response.setHeader("x-sluice-track", "stable").end();
  });
  let connections = 0;
  server.on("connection", () => connections++);
  const traffic = await startTraffic({ url, hostHeader: "web.example", ...even });
  await until(traffic, ({ total }) => total >= 50);
  await traffic.stop();
  expect([...hosts]).toEqual(["web.example"]);
  expect(connections).toBeLessThanOrEqual(even.concurrency);
});

test.each([
  { name: "an answer of the gateway itself", answer: 503, why: "status 503 without a track" },
  { name: "a connection that breaks", answer: undefined, why: "ECONNRESET" },
])("startTraffic() counts $name as lost", async ({ answer, why }) => {
  const { url } = await serve((request, response) => {
    if (answer === undefined) request.socket.destroy();
    else response.writeHead(answer).end();
  });
  const traffic = await startTraffic({ url, ...even });
  await until(traffic, ({ lost }) => lost >= 5);
  const report = await traffic.stop();
  expect(report).toMatchObject({ lost: report.total, arms: [], lostBy: { [why]: report.lost } });
});

test("startTraffic() says how many requests it held back from a server that hangs", async () => {
  const waiting: (() => void)[] = [];
  let hangs = true;
  const { url } = await serve((_request, response) => {
    const answer = () => response.setHeader("x-sluice-track", "stable").end();
    if (hangs) waiting.push(answer);
    else answer();
  });
  const traffic = await startTraffic({
    url,
    requestsPerSecond: 100,
    concurrency: 2,
    answerWithinMs: 600_000,
  });
  // Held back by the sender does not mean arrived at the server: both must have been seen before they are answered.
  await until(traffic, ({ skipped }) => skipped >= 10 && waiting.length === 2);
  const stopped = traffic.stop();
  // An answer may overtake the word to stop, and then one more request comes.
  hangs = false;
  for (const answer of waiting) answer();
  const { total, skipped, lost } = await stopped;
  expect(total).toBeGreaterThanOrEqual(2);
  expect(skipped).toBeGreaterThanOrEqual(10);
  expect(lost).toBe(0);
});

test("startTraffic() ends with its signal, and then has no report", async () => {
  const { url } = await serve((_request, response) => void response.end());
  const controller = new AbortController();
  const traffic = await startTraffic({ url, ...even, signal: controller.signal });
  controller.abort();
  await expect(traffic.stop()).rejects.toThrow("The traffic was ended before it was asked for its report");
});

test.each([
  { name: "nothing", values: [], share: 0.5, from: 0, to: 0 },
  { name: "the middle of three", values: [1, 10, 100], share: 0.5, from: 10, to: 10.6 },
  { name: "the slowest", values: [1, 10, 100], share: 1, from: 100, to: 105.1 },
  { name: "19 of 20", values: [...Array<number>(19).fill(5), 900], share: 0.95, from: 5, to: 5.3 },
])("Histogram finds $name to within 5 %", ({ values, share, from, to }) => {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  expect(histogram.quantile(share)).toBeGreaterThanOrEqual(from);
  expect(histogram.quantile(share)).toBeLessThanOrEqual(to);
});
