import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Config } from "./config.ts";
import type { Metrics } from "./metrics.ts";
import { type Orders, parseOrder } from "./orders.ts";
import { welcomePage } from "./page.ts";

/** What the service works with; tests bring their own. */
export interface Parts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly orders: Orders;
  /** True from the order to end: not ready any more, and each answer closes its connection. */
  readonly isStopping: () => boolean;
  readonly random: () => number;
}

interface Answer {
  readonly status: number;
  readonly type: "text/html" | "text/plain" | "application/json";
  readonly body: string;
}

type Handler = (parts: Parts, request: IncomingMessage) => Answer | Promise<Answer>;

/** Asked by machines about the service itself: never slowed, never failed on purpose, not counted. */
const operational: Readonly<Record<string, Handler>> = {
  "GET /health": () => text(200, "alive"),
  "GET /ready": readiness,
  "GET /api/health": () => json(200, { status: "healthy" }),
  "GET /version": ({ config }) => json(200, config.identity),
  "GET /metrics": ({ metrics }) => text(200, metrics.text()),
};

/** What users ask for: counted, timed and subject to faults. */
const business: Readonly<Record<string, Handler>> = {
  "GET /": ({ config }) => ({ status: 200, type: "text/html", body: welcomePage(config.identity) }),
  "GET /api/orders": async ({ orders }) => json(200, { orders: await orders.newest() }),
  "POST /api/orders": addOrder,
};

const businessRoutes = new Set(Object.keys(business).map((key) => key.split(" ")[1] ?? ""));
// Longer than proxies keep idle connections, so that it is the proxy that closes them, never us under a request.
const keepAliveMs = 120_000;

/** The service, not yet listening. */
export function createService(parts: Parts): Server {
  for (const key of Object.keys(business)) {
    const [method = "", route = ""] = key.split(" ");
    parts.metrics.announce({ method, route });
  }
  const server = createServer((request, response) => {
    void serve(parts, request, response);
  });
  server.keepAliveTimeout = keepAliveMs;
  server.headersTimeout = keepAliveMs + 5000;
  return server;
}

async function serve(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
  const path = new URL(request.url ?? "/", "http://service").pathname;
  const machine = operational[`${method} ${path}`];
  if (machine !== undefined) return send(parts, response, await guarded(parts, request, machine));
  const answer = await work(parts, request, business[`${method} ${path}`] ?? unknownRoute(path));
  send(parts, response, answer);
  parts.metrics.observe({
    method,
    route: businessRoutes.has(path) ? path : "other",
    status: answer.status,
    seconds: (performance.now() - startedAt) / 1000,
  });
}

async function work(parts: Parts, request: IncomingMessage, handler: Handler): Promise<Answer> {
  const { baseWorkMs, faults } = parts.config;
  // A floor and an exponential tail: what response times of real services look like.
  const normalMs = baseWorkMs * (0.7 - 0.3 * Math.log(1 - parts.random()));
  const workMs = normalMs * faults.latencyFactor + faults.latencyMs;
  if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
  if (parts.random() < faults.errorRate) return json(500, { error: "failed on purpose" });
  return guarded(parts, request, handler);
}

async function guarded(parts: Parts, request: IncomingMessage, handler: Handler): Promise<Answer> {
  try {
    return await handler(parts, request);
  } catch (error) {
    console.error(
      `${request.method} ${request.url} failed: ${error instanceof Error ? error.message : error}`,
    );
    return json(500, { error: "internal error" });
  }
}

function send({ config, isStopping }: Parts, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    "content-type": `${answer.type}; charset=utf-8`,
    "content-length": Buffer.byteLength(answer.body),
    "cache-control": "no-store",
    "x-sluice-track": config.identity.track,
    "x-sluice-version": config.identity.version,
    ...(isStopping() ? { connection: "close" } : {}),
  });
  response.end(answer.body);
}

async function readiness({ config, orders, isStopping }: Parts): Promise<Answer> {
  if (config.faults.neverReady) return text(503, "not ready on purpose");
  if (isStopping()) return text(503, "stopping");
  try {
    await orders.ping();
    return text(200, "ready");
  } catch (error) {
    return text(503, `the database does not answer: ${error instanceof Error ? error.message : error}`);
  }
}

async function addOrder({ orders }: Parts, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request);
  if (body === undefined) return json(413, { error: "the body is longer than 64 KiB" });
  const order = parseOrder(body);
  if (typeof order === "string") return json(400, { error: order });
  return json(201, await orders.add(order));
}

const longestBody = 64 * 1024;

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let body = "";
  let isTooLong = false;
  // Read to its end even when too long: a connection closed half-way loses the answer.
  for await (const chunk of request.setEncoding("utf8")) {
    isTooLong ||= body.length + String(chunk).length > longestBody;
    if (!isTooLong) body += chunk;
  }
  return isTooLong ? undefined : body;
}

function unknownRoute(path: string): Handler {
  return () =>
    businessRoutes.has(path) || Object.hasOwn(operational, `GET ${path}`)
      ? json(405, { error: "method not allowed" })
      : json(404, { error: "not found" });
}

function json(status: number, body: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

function text(status: number, body: string): Answer {
  return { status, type: "text/plain", body };
}
