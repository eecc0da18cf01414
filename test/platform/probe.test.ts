import { createServer } from "node:http";
import { type AddressInfo, createServer as createRaw } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CancelledError } from "../../src/core/errors.ts";
import { probe } from "../../src/platform/probe.ts";

const server = createServer((request, response) => {
  switch (request.url) {
    case "/gzip":
      return response.setHeader("content-encoding", "gzip").end(gzipSync("plain"));
    case "/latin":
      return response.setHeader("content-type", "text/html; charset=iso-8859-1").end(Buffer.from([0xe9]));
    case "/reset":
      return request.socket.destroy();
    case "/hang":
      return undefined;
    case "/cut":
      response.writeHead(200, { "content-length": "100" }).write("half");
      return setTimeout(() => request.socket.destroy(), 20);
    case "/later":
      return response.writeHead(429, { "retry-after": "3" }).end();
    case "/bad-gzip":
      return response.setHeader("content-encoding", "gzip").end("not gzip");
    default:
      return request
        .on("data", (chunk) => response.write(chunk))
        .on("end", () => response.end(request.headers.host));
  }
});
let base = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string, more = {}) =>
  probe({ url: `${base}${path}`, method: "GET", headers: {}, timeoutMs: 5000, ...more });

test("probe() sends method, Host header and body", async () => {
  const answer = await get("/", { method: "POST", headers: { Host: "web.example" }, body: "é-" });
  expect(answer).toMatchObject({ kind: "answered", status: 200, text: "é-web.example" });
});

test.each([
  { path: "/gzip", seen: { kind: "answered", text: "plain" } },
  { path: "/latin", seen: { kind: "answered", text: "é" } },
  { path: "/later", seen: { kind: "answered", status: 429, retryAfterMs: 3000 } },
  { path: "/reset", seen: { kind: "broken", isReset: true } },
  { path: "/cut", seen: { kind: "broken", isReset: true } },
  { path: "/bad-gzip", seen: { kind: "broken", isReset: false } },
])("probe() of $path", async ({ path, seen }) => {
  expect(await get(path)).toMatchObject(seen);
});

test("probe() ends a request that hangs", async () => {
  const answer = await get("/hang", { timeoutMs: 60 });
  expect(answer).toMatchObject({
    kind: "broken",
    isReset: false,
    problem: "the limit of 60 ms for one request was over",
  });
});

test("probe() tells no connection from no answer", async () => {
  const closed = createRaw();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const answer = await probe({
    url: `http://127.0.0.1:${port}/`,
    method: "GET",
    headers: {},
    timeoutMs: 5000,
  });
  expect(answer.kind).toBe("unreachable");
});

test("probe() throws when the step is cancelled", async () => {
  const controller = new AbortController();
  const asked = get("/hang", { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toThrow(CancelledError);
});
