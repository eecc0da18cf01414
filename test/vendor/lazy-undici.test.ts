import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { githubApi } from "../../src/platform/github-api.ts";

// Companies put their runners behind a proxy, and everything the toolkit's clients ask goes through this package then.
let proxy: Server;
let origin: Server;
const tunnels: string[] = [];
const asked: string[] = [];
const open = new Set<Socket>();

beforeAll(async () => {
  origin = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "without a token"}`);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify([{ id: 7, payload: { record: "r" } }]));
  });
  proxy = createServer().on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    tunnels.push(request.url ?? "");
    // Loopback is never asked through a proxy, so the origin has a name that only the proxy knows.
    const upstream = connect(portOf(origin), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket));
    }
  });
  for (const server of [origin, proxy])
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  for (const socket of open) socket.destroy();
  delete process.env.http_proxy;
  delete process.env.GITHUB_API_URL;
  for (const server of [origin, proxy]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;

test("GitHub's API is asked through the proxy that the environment names", async () => {
  const place = "github.internal:80";
  // The toolkit decides once, when it is loaded, from the address of the API and the environment.
  process.env.GITHUB_API_URL = "http://github.internal";
  process.env.http_proxy = `http://127.0.0.1:${portOf(proxy)}`;
  const env = { GITHUB_REPOSITORY: "acme/web", GITHUB_API_URL: "http://github.internal" };
  const found = await githubApi("t0ken", env).deployments("production", "deploy:web");
  expect(found).toEqual([{ id: 7, payload: { record: "r" } }]);
  expect(tunnels).toContain(place);
  expect(asked).toEqual([
    "GET /repos/acme/web/deployments?environment=production&task=deploy%3Aweb&per_page=30 token t0ken",
  ]);
});
