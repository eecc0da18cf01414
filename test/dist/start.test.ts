import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { parseEvidence } from "../../src/platform/evidence-schema.ts";

const root = new URL("../../", import.meta.url).pathname;
const actions = readdirSync(join(root, "actions"));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-dist-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly exitCode: number | null;
  readonly log: string;
  readonly outputs: string;
  readonly summary: string;
}

/** Starts a stub as the runner does: `node <file>`, inputs and env files in the environment. */
async function start(action: string, inputs: Readonly<Record<string, string>>): Promise<Started> {
  const [output, summary] = ["output", "summary"].map((name) => join(folder, name));
  for (const file of [output, summary]) writeFileSync(file ?? "", "");
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = {
    PATH: "/usr/bin:/bin",
    RUNNER_TEMP: folder,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  };
  const child = spawn(process.execPath, [join(root, "dist", `${action}.mjs`)], {
    cwd: folder,
    env: { ...env, ...Object.fromEntries(given) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    exitCode,
    log,
    outputs: readFileSync(output ?? "", "utf8"),
    summary: readFileSync(summary ?? "", "utf8"),
  };
}

function defaultsOf(action: string): Record<string, string> {
  const { inputs } = parse(readFileSync(join(root, "actions", action, "action.yml"), "utf8"));
  const declared = Object.entries(inputs as Record<string, { default?: unknown }>);
  return Object.fromEntries(
    declared.map(([name, { default: value }]) => [name, value === undefined ? "" : String(value)]),
  );
}

function evidenceIn(place: string) {
  const files = readdirSync(join(place, "sluice"));
  return files.map((file) => parseEvidence(JSON.parse(readFileSync(join(place, "sluice", file), "utf8"))));
}

test.each(actions)(
  "%s in an empty environment says one sentence, leaves evidence and exits with 1",
  async (action) => {
    const { exitCode, log, outputs } = await start(action, {});
    expect(exitCode).toBe(1);
    expect(log.match(/^::error::/gm)).toHaveLength(1);
    expect(log).toMatch(/^::error::Input "[a-z-]+" /m);
    expect(log).not.toMatch(/^\s+at /m);
    expect(outputs).toMatch(/^verdict<<[^\n]+\ninconclusive$/m);
    expect(evidenceIn(folder)).toMatchObject([{ action, verdict: "inconclusive" }]);
  },
);

test("smoke-test in a good environment passes and says so everywhere", async () => {
  const server = createServer((_request, response) => response.end("Welcome"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const tests =
    "- name: home\n  request: { method: GET, path: / }\n  expect: { status: 200, contains: Welcome }\n";
  const inputs = { ...defaultsOf("smoke-test"), "base-url": `http://127.0.0.1:${port}`, tests };
  const { exitCode, log, outputs, summary } = await start("smoke-test", inputs);
  server.close();
  expect(log).toContain("verdict: pass");
  expect(exitCode).toBe(0);
  expect(outputs).toMatch(/^verdict<<[^\n]+\npass$/m);
  expect(outputs).toMatch(/^passed<<[^\n]+\n1$/m);
  expect(summary).toContain("smoke-test: pass");
  expect(evidenceIn(folder)).toMatchObject([{ action: "smoke-test", verdict: "pass", reasons: [] }]);
});
