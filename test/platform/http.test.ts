import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { http } from "../../src/platform/http.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("http() returns an answer of any status", async () => {
  const url = await serve((_request, response) => response.writeHead(404).end("nothing here"));
  expect(await http(url, { budgetMs: 5000 })).toMatchObject({ status: 404, text: "nothing here" });
});

test.each([408, 429, 502, 503, 504])("http() asks again after %d, when it may", async (status) => {
  let asked = 0;
  const url = await serve((_request, response) => response.writeHead(++asked === 1 ? status : 200).end());
  expect((await http(url, { budgetMs: 10_000, retries: 2 })).status).toBe(200);
  expect(asked).toBe(2);
});

test.each([400, 401, 403, 404, 500, 501])("http() does not ask again after %d", async (status) => {
  let asked = 0;
  const url = await serve((_request, response) => {
    asked++;
    response.writeHead(status).end();
  });
  expect((await http(url, { budgetMs: 10_000, retries: 3 })).status).toBe(status);
  expect(asked).toBe(1);
});

test("http() asks once unless it was told that the request may be repeated", async () => {
  let asked = 0;
  const url = await serve((_request, response) => {
    asked++;
    response.writeHead(503).end();
  });
  expect((await http(url, { budgetMs: 5000 })).status).toBe(503);
  expect(asked).toBe(1);
});

test("http() gives up within its budget, retries included, and names no secret of the address", async () => {
  const url = await serve(() => undefined);
  const asked = http(`${url.replace("//", "//user:secret@")}/path?token=secret`, {
    budgetMs: 300,
    retries: 5,
  });
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(/GET http:\/\/127\.0\.0\.1:\d+\/path got no answer/);
  expect(String(error)).not.toContain("secret");
});

test("http() refuses an answer that is larger than it may be", async () => {
  const url = await serve((_request, response) => response.end("x".repeat(100_000)));
  await expect(http(url, { budgetMs: 5000, maxBytes: 1000 })).rejects.toThrow(
    /answered more than 1000 bytes/,
  );
});

test("http() carries credentials to the same host, and none to another", async () => {
  const seen: (string | undefined)[] = [];
  const other = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.end("other");
  });
  const url = await serve((request, response) => {
    seen.push(request.headers.authorization);
    const location = request.url === "/start" ? "/same" : other.replace("127.0.0.1", "localhost");
    response.writeHead(302, { location }).end();
  });
  const headers = { Authorization: "Bearer token", accept: "text/plain" };
  const answer = await http(`${url}/start`, { budgetMs: 5000, redirects: 3, headers });
  expect(answer.text).toBe("other");
  expect(seen).toEqual(["Bearer token", "Bearer token", undefined]);
});

test("http() follows no redirect unless it was told to", async () => {
  const url = await serve((_request, response) => response.writeHead(302, { location: "/login" }).end());
  expect((await http(url, { budgetMs: 5000 })).status).toBe(302);
});

test("http() names the reason of a refused connection", async () => {
  await expect(http("http://127.0.0.1:1/", { budgetMs: 2000 })).rejects.toThrow(
    /ECONNREFUSED|bad port|refused/i,
  );
});

test("http() sends a user and password of the address as a header", async () => {
  const url = await serve((request, response) => response.end(request.headers.authorization));
  const { text } = await http(url.replace("//", "//user:p%40ss@"), { budgetMs: 5000 });
  expect(text).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
});
