import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { readConfig } from "../src/config.ts";
import { createMetrics } from "../src/metrics.ts";
import type { NewOrder, Order, Orders } from "../src/orders.ts";
import { createService } from "../src/server.ts";

const running: { close(): void }[] = [];
after(() => {
  for (const server of running) server.close();
});

test("/ greets with Welcome and says who answers", async () => {
  const { get } = await start({ env: { TRACK: "candidate", APP_VERSION: "1.2.3" } });
  const answer = await get("/");
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /Welcome/);
  assert.equal(answer.headers.get("x-sluice-track"), "candidate");
  assert.equal(answer.headers.get("x-sluice-version"), "1.2.3");
});

test("/api/orders keeps what is posted and refuses what is not an order", async () => {
  const { get, post } = await start();
  assert.equal((await post("/api/orders", { item: "tea", quantity: 2 })).status, 201);
  const { orders } = await bodyOf(await get("/api/orders"));
  assert.equal(orders[0].item, "tea");
  assert.equal((await post("/api/orders", { item: "", quantity: 2 })).status, 400);
  assert.equal((await post("/api/orders", { item: "tea", quantity: 1.5 })).status, 400);
});

test("/ready follows the database, /health does not", async () => {
  const { get, orders } = await start();
  assert.equal((await get("/ready")).status, 200);
  orders.isDown = true;
  assert.equal((await get("/ready")).status, 503);
  assert.equal((await get("/health")).status, 200);
  assert.deepEqual(await bodyOf(await get("/api/health")), { status: "healthy" });
});

test("/metrics counts business requests only", async () => {
  const { get } = await start({ env: { TRACK: "candidate" } });
  await get("/");
  await get("/health");
  await get("/nothing-here");
  const text = await (await get("/metrics")).text();
  assert.match(text, /http_requests_total\{.*track="candidate".*method="GET",route="\/",status="200"\} 1/);
  assert.match(text, /http_requests_total\{.*route="other",status="404"\} 1/);
  assert.match(text, /http_request_duration_seconds_bucket\{.*route="\/",le="\+Inf"\} 1/);
  assert.doesNotMatch(text, /health/);
});

test("an error rate of 1 fails every business request and no operational one", async () => {
  const { get } = await start({ env: { FAULT_ERROR_RATE: "1" } });
  assert.equal((await get("/")).status, 500);
  assert.equal((await get("/api/orders")).status, 500);
  assert.equal((await get("/api/health")).status, 200);
});

test("a stopping service is not ready, still answers, and closes connections", async () => {
  const { get, stop } = await start();
  stop();
  assert.equal((await get("/ready")).status, 503);
  const answer = await get("/");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("connection"), "close");
});

test("a failing database gives 500 without its message", async () => {
  const { get, orders } = await start();
  orders.isDown = true;
  const answer = await get("/api/orders");
  assert.equal(answer.status, 500);
  assert.deepEqual(await bodyOf(answer), { error: "internal error" });
});

test("wrong methods and unknown paths are told apart", async () => {
  const { get, post } = await start();
  assert.equal((await post("/", {})).status, 405);
  assert.equal((await get("/nothing")).status, 404);
});

// biome-ignore lint/suspicious/noExplicitAny: the tests look at answers whose shape they assert.
async function bodyOf(answer: Response): Promise<any> {
  return answer.json();
}

async function start({ env = {} }: { readonly env?: Readonly<Record<string, string>> } = {}) {
  const orders = ordersInMemory();
  let stopping = false;
  const config = readConfig({ BASE_WORK_MS: "0", ...env });
  const server = createService({
    config,
    orders,
    metrics: createMetrics({ track: config.identity.track }),
    isStopping: () => stopping,
    random: () => 0.5,
  });
  running.push({ close: () => server.close().closeAllConnections() });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    orders,
    stop: () => {
      stopping = true;
    },
    get: (path: string) => fetch(base + path),
    post: (path: string, body: unknown) => fetch(base + path, { method: "POST", body: JSON.stringify(body) }),
  };
}

function ordersInMemory(): Orders & { isDown: boolean } {
  const kept: Order[] = [];
  const orders = {
    isDown: false,
    ping: async () => {
      if (orders.isDown) throw new Error("connection refused");
    },
    newest: async () => {
      await orders.ping();
      return kept.toReversed();
    },
    add: async (order: NewOrder) => {
      const added = { ...order, id: kept.length + 1, createdAt: "2026-01-01T00:00:00.000Z" };
      kept.push(added);
      return added;
    },
    close: async () => undefined,
  };
  return orders;
}
