import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { alignedSource } from "../../../src/platform/aligned-source.ts";
import { http } from "../../../src/platform/http.ts";
import { type MetricsSource, prometheus } from "../../../src/platform/prometheus.ts";
import { simulate, type WorldRule } from "./world.ts";

/** What goes wrong with an answer: it gets the good one and sends another. */
export type Fault = (response: ServerResponse, good: string) => void;

export interface StoreRule extends WorldRule {
  readonly fault?: Fault;
  /** Seconds after the start between which queries of samples meet the fault. */
  readonly faultFrom?: number;
  readonly faultTo?: number;
  /** How far the store's clock is ahead. */
  readonly aheadMs?: number;
  /** Fields beside the data, such as warnings. */
  readonly beside?: Readonly<Record<string, unknown>>;
  readonly budgetMs?: number;
  readonly maxBytes?: number;
  /** Metric names and label sets that the store tells; it refuses to where they are absent. */
  readonly known?: { readonly names: readonly string[]; readonly labelSets: readonly unknown[] };
}

/** Scrapes do not fall on the moments at which the simulated run looks, or a millisecond would decide where they belong. */
const earlierMs = 300;
const json = { "content-type": "application/json" };

/** The simulated service behind a real server that speaks Prometheus's query API. */
export async function simulateStore(rule: StoreRule) {
  const world = simulate(rule);
  const startMs = world.clock.now();
  const aheadMs = rule.aheadMs ?? 0;
  const isFaulty = () => {
    const seconds = (world.clock.now() - startMs) / 1000;
    return seconds >= (rule.faultFrom ?? 0) && seconds < (rule.faultTo ?? Number.POSITIVE_INFINITY);
  };
  const answer = async (query: string, atMs: number): Promise<string> => {
    const [, selector = "", range] = /^(.*)\[(\d+)ms\]$/s.exec(query) ?? [];
    const endMs = atMs - aheadMs + earlierMs;
    const found = await world.metrics.samples(selector, { startMs: endMs - Number(range), endMs });
    const result = found.map(({ labels, samples }) => ({
      metric: labels,
      values: samples.map(({ ms, value }) => [(ms + aheadMs - earlierMs) / 1000, String(value)]),
    }));
    return JSON.stringify({ status: "success", data: { resultType: "matrix", result }, ...rule.beside });
  };
  const listener: RequestListener = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://store");
    const query = searchParams.get("query") ?? "";
    if (query === "time()") {
      const seconds = (Date.now() + aheadMs) / 1000;
      const data = { resultType: "scalar", result: [seconds, String(seconds)] };
      response.writeHead(200, json).end(JSON.stringify({ status: "success", data }));
    } else if (pathname !== "/api/v1/query") {
      const { names, labelSets } = rule.known ?? {};
      const data = pathname === "/api/v1/series" ? labelSets : names;
      if (data === undefined) response.writeHead(403).end("not for you");
      else response.writeHead(200, json).end(JSON.stringify({ status: "success", data }));
    } else {
      const good = await answer(query, Number(searchParams.get("time")) * 1000);
      if (rule.fault !== undefined && isFaulty()) rule.fault(response, good);
      else response.writeHead(200, json).end(good);
    }
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { budgetMs = 5000, maxBytes = 4 * 1024 * 1024 } = rule;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const plain: MetricsSource = prometheus(url, http, { budgetMs, maxBytes });
  return {
    ...world,
    plain,
    metrics: alignedSource(plain),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
