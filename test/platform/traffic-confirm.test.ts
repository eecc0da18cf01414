import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { confirmWeight } from "../../src/platform/traffic-confirm.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

async function serve(answer: RequestListener): Promise<{ url: string; connections: () => number }> {
  const server = createServer(answer);
  let connections = 0;
  server.on("connection", () => connections++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/version`, connections: () => connections };
}

/** A gateway that deals requests out evenly, as data planes do: the n-th of every 100 goes by the weight. */
function gateway(weightAt: (request: number) => number): RequestListener {
  let asked = 0;
  return (_request, response) => {
    const weight = weightAt(asked);
    const before = Math.floor((asked * weight) / 100);
    const isCandidate = Math.floor((++asked * weight) / 100) > before;
    response.setHeader("x-sluice-track", isCandidate ? "candidate" : "stable").end("1.0.0");
  };
}

const arm = { header: "x-sluice-track", candidate: "candidate" };

test.each([{ percent: 0 }, { percent: 5 }, { percent: 50 }, { percent: 95 }, { percent: 100 }])(
  "confirmWeight() confirms $percent % by real responses over kept connections",
  async ({ percent }) => {
    const { url, connections } = await serve(gateway(() => percent));
    const confirmation = await confirmWeight({ url, ...arm }, { percent });
    expect(confirmation.decision).toBe("confirmed");
    expect(connections()).toBeLessThanOrEqual(8);
  },
);

test("confirmWeight() asks over new connections where a kept one stays with its pod", async () => {
  const sockets = new WeakMap<object, string>();
  let dealt = 0;
  const { url } = await serve(({ socket }, response) => {
    if (!sockets.has(socket)) sockets.set(socket, dealt++ % 2 === 0 ? "candidate" : "stable");
    response.setHeader("x-sluice-track", sockets.get(socket) ?? "").end("1.0.0");
  });
  const confirmation = await confirmWeight({ url, ...arm, connections: "new" }, { percent: 50 });
  expect(confirmation.decision).toBe("confirmed");
  expect(dealt).toBe(confirmation.requests);
});

test("confirmWeight() waits for a data plane that still shows the old share", async () => {
  const { url } = await serve(gateway((request) => (request < 20 ? 50 : 0)));
  const confirmation = await confirmWeight({ url, ...arm }, { percent: 0 });
  expect(confirmation).toMatchObject({ decision: "confirmed", candidate: 0 });
});

test("confirmWeight() refutes 0 when the candidate still answers", async () => {
  const { url } = await serve(gateway(() => 5));
  const confirmation = await confirmWeight({ url, ...arm }, { percent: 0, budgetMs: 3000 });
  expect(confirmation.decision).toBe("refuted");
  expect(confirmation.sentence).toMatch(/^weight 0 refuted: 1 of \d+ responses came from the candidate$/);
});

test("confirmWeight() refutes a share that is not the intended one", async () => {
  const { url } = await serve(gateway(() => 15));
  expect((await confirmWeight({ url, ...arm }, { percent: 5, budgetMs: 5000 })).decision).toBe("refuted");
});

test("confirmWeight() stops at its limit of requests without a decision", async () => {
  const { url } = await serve(gateway(() => 5));
  const confirmation = await confirmWeight({ url, ...arm }, { percent: 5, maxRequests: 20 });
  expect(confirmation).toMatchObject({ decision: "undecided", requests: 20 });
});

test.each([
  { name: "answers without the header", listen: true },
  { name: "refused connections", listen: false },
])("confirmWeight() decides nothing from $name", async ({ listen }) => {
  const { url } = await serve((_request, response) => void response.end());
  const target = listen ? url : "http://127.0.0.1:1/version";
  const confirmation = await confirmWeight({ url: target, ...arm }, { percent: 0, budgetMs: 500 });
  expect(confirmation).toMatchObject({ decision: "undecided", candidate: 0, stable: 0 });
  expect(confirmation.withoutArm).toBeGreaterThan(0);
});

test("confirmWeight() sends the Host header it was given", async () => {
  const { url } = await serve((request, response) => {
    if (request.headers.host === "web.example") response.setHeader("x-sluice-track", "stable");
    response.end();
  });
  const confirmation = await confirmWeight({ url, host: "web.example", ...arm }, { percent: 0 });
  expect(confirmation.decision).toBe("confirmed");
});
