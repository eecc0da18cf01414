import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startKubeProxy } from "../../src/platform/kube-proxy.ts";
import { shell } from "../../src/platform/shell.ts";

/** A program that stands at the socket it is told, as `kubectl proxy` does. */
const standing = `#!${process.execPath}
const http = require("node:http");
const server = http.createServer((asked, answer) => {
  let body = "";
  asked.on("data", (chunk) => (body += chunk));
  asked.on("end", () => {
    if (asked.url === "/gone") return asked.socket.destroy();
    if (asked.url === "/half") return answer.write("one\\n\\xc3\\xa4", () => asked.socket.destroy());
    if (asked.url === "/lines") return answer.end("one\\ntwo\\nthree");
    if (asked.url === "/ever") return answer.write("one\\n");
    answer.writeHead(asked.method === "PUT" ? 409 : 200).end([asked.method, asked.headers.host, body].join(" "));
  });
});
server.listen(process.argv[3].replace("--unix-socket=", ""), () => console.log("Starting to serve on it"));
`;

function start(script: string) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  const program = join(folder, "kubectl.cjs");
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  return { proxy: startKubeProxy({ shell, program, env: {}, folder, ending: ending.signal }), ending };
}

test("answers come with their status, whatever it is", async () => {
  const { proxy } = start(standing);
  const path = "/api/v1/pods";
  expect(await proxy.call({ method: "GET", path })).toEqual({ status: 200, text: "GET localhost " });
  expect(await proxy.call({ method: "PUT", path, body: "{}" })).toEqual({
    status: 409,
    text: "PUT localhost {}",
  });
});

test("a broken connection is no answer, and the next call works", async () => {
  const { proxy } = start(standing);
  expect(await proxy.call({ method: "GET", path: "/gone" })).toBeUndefined();
  expect(await proxy.call({ method: "GET", path: "/half" })).toBeUndefined();
  expect((await proxy.call({ method: "GET", path: "/" }))?.status).toBe(200);
});

test("a stream is followed to its end, broken off or not", async () => {
  const { proxy } = start(standing);
  const never = new AbortController().signal;
  const lines: string[] = [];
  expect(await proxy.follow("/lines", (line) => lines.push(line), never)).toBe(true);
  expect(lines).toEqual(["one", "two", "three"]);
  expect(await proxy.follow("/half", () => undefined, never)).toBe(true);
  expect(await proxy.follow("/gone", () => undefined, never)).toBe(false);
});

test("the signal ends a stream that has no end", async () => {
  const { proxy } = start(standing);
  const ending = new AbortController();
  const lines: string[] = [];
  const followed = proxy.follow(
    "/ever",
    (line) => {
      lines.push(line);
      ending.abort();
    },
    ending.signal,
  );
  expect(await followed).toBe(true);
  expect(lines).toEqual(["one"]);
});

test.each([
  { name: "that does not start", script: "#!/nowhere\n" },
  { name: "that ends at once", script: "#!/bin/sh\nexit 1\n" },
])("a proxy $name gives no answers", async ({ script }) => {
  const { proxy } = start(script);
  expect(await proxy.call({ method: "GET", path: "/" })).toBeUndefined();
  expect(await proxy.follow("/", () => undefined, new AbortController().signal)).toBe(false);
});

test("nothing is answered once it is over", async () => {
  const { proxy, ending } = start(standing);
  expect((await proxy.call({ method: "GET", path: "/" }))?.status).toBe(200);
  ending.abort();
  expect(await proxy.call({ method: "GET", path: "/" })).toBeUndefined();
});
