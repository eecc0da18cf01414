import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { readInputs } from "../../../src/actions/canary-analyze/inputs.ts";
import { openSource } from "../../../src/actions/canary-analyze/source.ts";
import { canaryAnalyze } from "../../../src/actions/canary-analyze/story.ts";
import { runAction } from "../../../src/platform/action.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const secrets = { token: "tok-hunter2", key: "key-hunter3" };

/** A store that tells back what it was told, in a refusal or beside an answer. */
async function gossip(status: number): Promise<string> {
  const server = createServer((request, response) => {
    const told = `you sent ${request.headers.authorization} and ${request.headers["x-key"]}`;
    const good = {
      status: "success",
      infos: [`PromQL info: ${told}`],
      data: {
        resultType: "matrix",
        result: [{ metric: { __name__: "r" }, values: [[Date.now() / 1000 - 5, "1"]] }],
      },
    };
    const bad = { status: "error", errorType: "bad_data", error: told };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? good : bad));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([200, 400])(
  "canary-analyze leaves no secret in the evidence of a store that answers %d with it",
  async (status) => {
    const runner = fakeRunner("canary-analyze", {
      mode: "analyze",
      metrics: "- {name: e, errors: 'r{ {{arm}}, status=\"500\" }', requests: 'r{ {{arm}} }'}",
      baseline: 'track="stable"',
      candidate: 'track="candidate"',
      "prometheus-url": await gossip(status),
      "prometheus-token": secrets.token,
      "prometheus-headers": `{X-Key: ${secrets.key}}`,
      interval: "1s",
      duration: "1s",
    });
    await runAction("canary-analyze", runner, async ({ mask, signal }) => {
      const inputs = await readInputs(runner, {});
      const ports = {
        ...(await openSource(inputs, { mask, aheadMs: 0 })),
        withWeights: () => expect.unreachable("an analysis has no weights"),
      };
      return canaryAnalyze(inputs, { runner, signal }, ports);
    });
    const evidence = readFileSync(runner.outputs.report ?? "", "utf8");
    // It was told, or the test would show nothing.
    expect(evidence).toContain("you sent ");
    const written = [evidence, runner.outputs.reasons, ...runner.summaries].join("\n");
    for (const secret of Object.values(secrets)) {
      expect(written).not.toContain(secret);
      expect(runner.masked).toContain(secret);
    }
  },
);
