import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { http } from "../../src/platform/http.ts";
import { prometheus } from "../../src/platform/prometheus.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = { "content-type": "application/json" };
const span = { startMs: 1_700_000_000_000, endMs: 1_700_000_060_500 };
const open = async (listener: RequestListener) => prometheus(await serve(listener), http);
const saying =
  (document: unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(200, json).end(JSON.stringify(document));

describe("clockSkew()", () => {
  const scalar = (seconds: number) => ({
    status: "success",
    data: { resultType: "scalar", result: [seconds, String(seconds)] },
  });
  const vector = (seconds: number) => ({
    status: "success",
    data: { resultType: "vector", result: [{ metric: {}, value: [seconds, String(seconds)] }] },
  });

  test.each([
    { name: "a scalar", form: scalar },
    { name: "a vector, as VictoriaMetrics does", form: vector },
  ])("reads the store's time from $name", async ({ form }) => {
    let asked: URL | undefined;
    const source = await open((request, response) => {
      asked = new URL(request.url ?? "", "http://store");
      saying(form(Date.now() / 1000 + 42))(request, response);
    });
    const skew = await source.clockSkew?.();
    expect(Math.abs((skew?.aheadMs ?? 0) - 42_000)).toBeLessThanOrEqual((skew?.uncertaintyMs ?? 0) + 2);
    expect(asked?.searchParams.get("query")).toBe("time()");
    // Its cache answers for half a minute ago.
    expect(asked?.searchParams.get("nocache")).toBe("1");
    expect(asked?.searchParams.has("time")).toBe(false);
  });

  test("takes the time of the answer where the query is refused", async () => {
    const date = new Date(Date.now() - 90_000).toUTCString();
    const source = await open((_request, response) => {
      response.sendDate = false;
      response.writeHead(403, { date }).end("not this query");
    });
    const skew = await source.clockSkew?.();
    expect(Math.abs((skew?.aheadMs ?? 0) + 90_000)).toBeLessThanOrEqual((skew?.uncertaintyMs ?? 0) + 2);
    expect(skew?.uncertaintyMs).toBeGreaterThanOrEqual(500);
  });

  test("is not known of a store that does not answer", async () => {
    expect(await prometheus("http://127.0.0.1:1", http).clockSkew?.()).toBeUndefined();
  });
});

describe("the catalog", () => {
  test("tells the names of metrics, and is asked once", async () => {
    let asked = 0;
    const { catalog } = await open((request, response) => {
      asked++;
      saying({ status: "success", data: ["up", 3, "down"] })(request, response);
    });
    expect(await catalog?.metricNames(span)).toEqual(["up", "down"]);
    expect(await catalog?.metricNames(span)).toEqual(["up", "down"]);
    expect(asked).toBe(1);
  });

  test("tells the labels of a metric's series", async () => {
    let asked: URL | undefined;
    const { catalog } = await open((request, response) => {
      asked = new URL(request.url ?? "", "http://store");
      saying({ status: "success", data: [{ __name__: "up", job: "web" }] })(request, response);
    });
    expect(await catalog?.labelsOf('u"p', span)).toEqual([{ __name__: "up", job: "web" }]);
    expect(asked?.pathname).toBe("/api/v1/series");
    expect(asked?.searchParams.get("match[]")).toBe('{__name__="u\\"p"}');
    expect(asked?.searchParams.get("end")).toBe("1700000060.500");
  });

  test.each([
    { name: "refuses", listener: ((_request, response) => response.writeHead(403).end()) as RequestListener },
    { name: "answers another form", listener: saying({ status: "success", data: { a: 1 } }) },
    { name: "answers a page", listener: ((_request, response) => response.end("<html>")) as RequestListener },
  ])("is silent where the store $name", async ({ listener }) => {
    const { catalog } = await open(listener);
    expect(await catalog?.metricNames(span)).toBeUndefined();
    expect(await catalog?.labelsOf("up", span)).toBeUndefined();
  });
});

test("samples() has four queries under way at once, however many are asked", async () => {
  let [inside, most] = [0, 0];
  const source = await open((request, response) => {
    inside++;
    most = Math.max(most, inside);
    setTimeout(() => {
      inside--;
      saying({ status: "success", data: { resultType: "matrix", result: [] } })(request, response);
    }, 5);
  });
  const asked = Array.from({ length: 30 }, (_, index) => source.samples(`up{a="${index}"}`, span));
  expect(await Promise.all(asked)).toHaveLength(30);
  expect(most).toBe(4);
});

const mebibyte = 1024 * 1024;

test.each([
  { name: "that says its length", says: true },
  { name: "that does not", says: false },
])("samples() stops reading an answer of 50 MiB $name", async ({ says }) => {
  let sent = 0;
  const ended = Promise.withResolvers<void>();
  const source = await open((_request, response) => {
    response.writeHead(200, says ? { ...json, "content-length": 50 * mebibyte } : json);
    response.on("close", () => ended.resolve());
    const chunk = Buffer.alloc(mebibyte, 32);
    const more = () => {
      while (sent < 50 * mebibyte) {
        sent += chunk.length;
        if (!response.write(chunk)) return response.once("drain", more);
      }
      return response.end();
    };
    more();
  });
  await expect(source.samples("up{}", span)).rejects.toThrow(
    /^http:\/\/\S+\/api\/v1\/query answered more than 33554432 bytes$/,
  );
  await ended.promise;
  // What lies in the buffers between both sides was sent too.
  expect(sent).toBeLessThan((says ? 20 : 45) * mebibyte);
});

test("remarks() keeps each remark once, and no more than fifty", async () => {
  let count = 0;
  const source = await open((request, response) => {
    const infos = ["PromQL info: same", `PromQL info: ${count++}`];
    saying({ status: "success", data: { resultType: "matrix", result: [] }, infos })(request, response);
  });
  for (let asked = 0; asked < 60; asked++) await source.samples("up{}", span);
  expect(source.remarks?.()).toHaveLength(50);
});
