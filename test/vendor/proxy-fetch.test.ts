import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { githubApi } from "../../src/platform/github-api.ts";

// Companies put their runners behind a proxy, and everything the toolkit's clients ask goes through this package then.
let proxy: Server;
let origin: Server;
const tunnels: string[] = [];
const asked: string[] = [];
const open = new Set<Socket>();

beforeAll(async () => {
  origin = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const token = request.headers.authorization ?? "without a token";
    asked.push([request.method, request.url, token, body].join(" ").trim());
    const [path = ""] = (request.url ?? "").split("?");
    const place = { "/renamed": "/there", "/elsewhere": "http://other.internal/there" }[path];
    const status = request.url?.includes("404") === true ? 404 : place === undefined ? 200 : 301;
    response.writeHead(status, { "content-type": "application/json", ...(place && { location: place }) });
    response.end(JSON.stringify([{ id: 7, payload: { record: "r" } }]));
  });
  proxy = createServer().on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    tunnels.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
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

const github = () =>
  githubApi("t0ken", { GITHUB_REPOSITORY: "acme/web", GITHUB_API_URL: "http://github.internal" });

beforeEach(() => {
  // The toolkit decides once, when it is loaded, from the address of the API and the environment.
  process.env.GITHUB_API_URL = "http://github.internal";
  process.env.http_proxy = `http://us%40er:pa%3Ass@127.0.0.1:${portOf(proxy)}`;
  asked.length = 0;
  tunnels.length = 0;
});

test("GitHub's API is asked through the proxy that the environment names, with its user and password", async () => {
  expect(await github().deployments("production", "deploy:web")).toEqual([
    { id: 7, payload: { record: "r" } },
  ]);
  const login = Buffer.from("us@er:pa:ss").toString("base64");
  expect(tunnels).toEqual([`github.internal:80 Basic ${login}`]);
  expect(asked).toEqual([
    "GET /repos/acme/web/deployments?environment=production&task=deploy%3Aweb&per_page=30 token t0ken",
  ]);
});

test("a body is sent, and what the origin refuses is told", async () => {
  const status = { state: "success", description: "", logUrl: "" } as const;
  await github().setDeploymentStatus(7, status);
  expect(asked).toEqual([
    'POST /repos/acme/web/deployments/7/statuses token t0ken {"state":"success","description":"","log_url":"","auto_inactive":false}',
  ]);
  await expect(github().setDeploymentStatus(404, status)).rejects.toThrow("GitHub answered 404");
});

test("a repository that was renamed is found where it is now; another host gets no token", async () => {
  await github().request("GET /renamed");
  await github().request("GET /elsewhere");
  expect(asked).toEqual([
    "GET /renamed?owner=acme&repo=web token t0ken",
    "GET /there token t0ken",
    "GET /elsewhere?owner=acme&repo=web token t0ken",
    "GET /there without a token",
  ]);
  expect(tunnels.at(-1)).toContain("other.internal:80");
});

test("a proxy that is not there is an error that GitHub was not reached", async () => {
  const { ProxyAgent, fetch } = await import("undici");
  const dispatcher = new ProxyAgent({ uri: "http://127.0.0.1:1" });
  await expect(fetch("http://github.internal/", { dispatcher })).rejects.toThrow();
});
