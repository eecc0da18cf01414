import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { provideBrowser } from "../../src/rehearsal/parts/browser.ts";
import { scenarios } from "../../src/rehearsal/scenarios/all.ts";

const isPossible = process.platform === "linux" && process.getuid?.() === 0;
const main = new URL("../../src/rehearsal/main.ts", import.meta.url).pathname;

/** Runs the rehearsal as a user does and returns its lines; they are shown as they come. */
async function rehearse(
  ...args: readonly string[]
): Promise<{ lines: readonly string[]; exitCode: number | null }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { lines: stripVTControlCharacters(text).split("\n"), exitCode };
}

describe.skipIf(!isPossible)("npm run rehearse", () => {
  let folder = "";
  let lines: readonly string[] = [];
  let exitCode: number | null = null;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-report-"));
    ({ lines, exitCode } = await rehearse("--scenario", "all", "--report", folder));
  }, 60 * 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // token-renewal: one step with cluster access that outlives two ID tokens.
  test.each([...scenarios.map(({ name }) => name), "token-renewal"])("%s ends as it should", (name) => {
    expect(lines.filter((line) => line.startsWith(`scenario ${name} `))).toEqual([
      `scenario ${name} ended as it should`,
    ]);
  });

  test("the exit code says the same", () => expect(exitCode).toBe(0));

  describe("the report in a browser without a network", () => {
    let browser: Browser;

    beforeAll(async () => {
      const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
      const executablePath = await provideBrowser((line) => console.log(line));
      browser = await chromium.launch({ executablePath, args: flags });
    });
    afterAll(() => browser.close());

    test.each(["good", "erroring-canary"])(
      "of %s shows the jobs, the gates and the canary's curves",
      async (name) => {
        const context = await browser.newContext({ offline: true });
        const page = await context.newPage();
        const problems: string[] = [];
        const asked: string[] = [];
        page.on("pageerror", (error) => problems.push(error.message));
        page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
        page.on("request", (request) => asked.push(request.url()));
        const url = pathToFileURL(join(folder, name, "index.html")).href;
        await page.goto(url);
        expect(await page.title()).toBe(`Rehearsal: ${name}`);
        expect(await page.locator(".graph .job").count()).toBeGreaterThanOrEqual(8);
        // The name stands in other gates' evidence, too.
        const gate = (action: string) =>
          page.locator(".gate summary", { has: page.locator("strong", { hasText: action }) });
        expect(await gate("canary-analyze").count()).toBe(1);
        await gate("security-scan").click();
        expect(await page.locator(".gate[open] pre").first().innerText()).toContain('"sluice.evidence/v1"');
        const curve = page.getByRole("img", { name: "error-rate: share of bad requests so far" });
        expect(await curve.locator("path.candidate").getAttribute("d")).toMatch(/^M[\d. ]+L/);
        expect(problems).toEqual([]);
        expect(asked).toEqual([url]);
        await context.close();
      },
    );
  });
});

test("without a terminal and without flags the rehearsal names the line to type", async () => {
  const child = spawn(process.execPath, [main], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const exitCode = await new Promise((resolve) => child.once("close", resolve));
  expect(said).toContain("npm run rehearse -- --yes");
  expect(exitCode).toBe(1);
});
