import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ConfigError, OutsideError } from "../../src/core/errors.ts";
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

const span = { startMs: 1_700_000_000_000, endMs: 1_700_000_060_500 };

function answers(
  text: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(text);
  };
}

async function ask(listener: RequestListener) {
  return prometheus(await serve(listener), http).samples('up{a="b"}', span);
}

const good = JSON.stringify({
  status: "success",
  data: {
    resultType: "matrix",
    result: [
      {
        metric: { __name__: "up", instance: "a:1" },
        values: [
          [1_700_000_001.5, "7"],
          [1_700_000_016.5, "NaN"],
          [1_700_000_031.5, "+Inf"],
        ],
      },
    ],
  },
});

test("samples() asks for the raw samples of the span and reads them", async () => {
  let asked: URL | undefined;
  const series = await ask((request, response) => {
    asked = new URL(request.url ?? "", "http://host");
    answers(good)(request, response);
  });
  expect(asked?.pathname).toBe("/api/v1/query");
  expect(asked?.searchParams.get("query")).toBe('up{a="b"}[60500ms]');
  expect(asked?.searchParams.get("time")).toBe("1700000060.500");
  expect(series).toEqual([
    {
      labels: { __name__: "up", instance: "a:1" },
      samples: [
        { ms: 1_700_000_001_500, value: 7 },
        { ms: 1_700_000_016_500, value: Number.NaN },
        { ms: 1_700_000_031_500, value: Number.POSITIVE_INFINITY },
      ],
    },
  ]);
});

test("samples() keeps the path of the base URL", async () => {
  let asked = "";
  const base = await serve((request, response) => {
    asked = request.url ?? "";
    answers(good)(request, response);
  });
  await prometheus(`${base}/prometheus/`, http).samples("up{}", span);
  expect(asked).toMatch(/^\/prometheus\/api\/v1\/query\?/);
});

test("samples() tries again after a transient failure", async () => {
  let asked = 0;
  const series = await ask((request, response) => {
    asked++;
    answers(asked === 1 ? "" : good, {}, asked === 1 ? 503 : 200)(request, response);
  });
  expect(series).toHaveLength(1);
});

test.each<{ name: string; listener: RequestListener; says: RegExp }>([
  { name: "an error of the server", listener: answers("oops", {}, 500), says: /answered 500$/ },
  {
    name: "an error that explains itself",
    listener: answers(
      JSON.stringify({ status: "error", errorType: "timeout", error: "query timed out" }),
      {},
      422,
    ),
    says: /answered 422: query timed out$/,
  },
  {
    name: "unauthorised",
    listener: answers("no", { "content-type": "text/plain" }, 401),
    says: /answered 401: does it want another login or token$/,
  },
  {
    name: "a path that is not there",
    listener: answers("404 page not found", { "content-type": "text/plain" }, 404),
    says: /answered 404: does its path want another prefix$/,
  },
  {
    name: "JSON that is cut off",
    listener: answers(good.slice(0, 90)),
    says: /JSON that is broken or cut off$/,
  },
  {
    name: "a page",
    listener: answers("<html>", { "content-type": "text/html; charset=utf-8" }),
    says: /answered with text\/html, not JSON$/,
  },
  {
    name: "a redirect to a login page",
    listener: answers("", { location: "https://login.example.com/start?token=secret" }, 302),
    says: /answered 302 and sends to https:\/\/login.example.com\/start: is it behind a login page$/,
  },
  {
    name: "another document",
    listener: answers('{"status":"success","data":[]}'),
    says: /not a list of series$/,
  },
  { name: "no success", listener: answers('{"status":"strange"}'), says: /did not answer with success$/ },
  {
    name: "a vector",
    listener: answers('{"status":"success","data":{"resultType":"vector","result":[]}}'),
    says: /not a list of series$/,
  },
  {
    name: "samples of another form",
    listener: answers(
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["a",1]]}]}}',
    ),
    says: /a sample of an unknown form$/,
  },
  {
    name: "native histograms",
    listener: answers(
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[]}]}}',
    ),
    says: /a series without samples of a plain counter$/,
  },
  {
    name: "an endless answer",
    listener: (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(1024 * 1024, 32);
      const more = () => {
        while (response.write(chunk));
        response.once("drain", more);
      };
      more();
    },
    says: /answered more than 33554432 bytes$/,
  },
])("samples() refuses $name", async ({ listener, says }) => {
  const error: unknown = await ask(listener).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OutsideError);
  expect((error as OutsideError).message).toMatch(says);
});

test("samples() blames a query that Prometheus cannot read on the workflow", async () => {
  const text = JSON.stringify({ status: "error", errorType: "bad_data", error: "parse error:\n unexpected" });
  const error: unknown = await ask(answers(text, {}, 400)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toBe(
    'Prometheus refused the query up{a="b"}: parse error: unexpected',
  );
});

test("samples() says so when nobody listens", async () => {
  const asking = prometheus("http://127.0.0.1:1", http).samples("up{}", span);
  await expect(asking).rejects.toThrow(/GET http:\/\/127.0.0.1:1\/api\/v1\/query got no answer/);
});
