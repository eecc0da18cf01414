import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ConfigError } from "../../src/core/errors.ts";
import { fail, inconclusive, pass, type Verdict } from "../../src/core/verdict.ts";
import { type ActionResult, runAction } from "../../src/platform/action.ts";
import { parseEvidence } from "../../src/platform/evidence-schema.ts";
import { fakeRunner } from "../fakes/fake-runner.ts";

function result(verdict: Verdict, more: Partial<ActionResult> = {}): ActionResult {
  return { verdict, subject: {}, details: {}, outputs: { slowest: "home" }, summary: "", ...more };
}

test.each([
  { name: "pass is green", given: result(pass), verdict: "pass", failure: undefined },
  { name: "fail is red", given: result(fail("too slow")), verdict: "fail", failure: "fail: too slow" },
  {
    name: "a gap is red",
    given: result(inconclusive("no samples"), { onInconclusive: "fail" }),
    verdict: "inconclusive",
    failure: "inconclusive: no samples",
  },
  {
    name: "a gap is green where the caller chose warn",
    given: result(inconclusive("no samples"), { onInconclusive: "warn" }),
    verdict: "inconclusive",
    failure: undefined,
  },
  {
    name: "a fail is red where the caller chose warn",
    given: result(fail("bad"), { onInconclusive: "warn" }),
    verdict: "fail",
    failure: "fail: bad",
  },
])("runAction() $name", async ({ given, verdict, failure }) => {
  const runner = fakeRunner("smoke-test", {});
  await runAction("smoke-test", runner, async () => given);
  expect(runner.outputs).toMatchObject({ verdict, slowest: "home" });
  expect(runner.failure()).toBe(failure);
  expect(parseEvidence(JSON.parse(readFileSync(runner.outputs.report ?? "", "utf8"))).verdict).toBe(verdict);
});

test("runAction() makes a refused input inconclusive, red, and one sentence without a stack", async () => {
  const runner = fakeRunner("smoke-test", {});
  await runAction("smoke-test", runner, () =>
    Promise.reject(new ConfigError('Input "tests" is required: got nothing')),
  );
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(JSON.parse(runner.outputs.reasons ?? "")).toEqual(['Input "tests" is required: got nothing']);
  expect(runner.failure()).toBe('Input "tests" is required: got nothing');
  expect(runner.said).toEqual([]);
});

test("runAction() shows the stack of what only we can mend", async () => {
  const runner = fakeRunner("smoke-test", {});
  await runAction("smoke-test", runner, () => Promise.reject(new TypeError("x is not a function")));
  expect(runner.said.join("\n")).toMatch(/TypeError: x is not a function\n +at /);
  expect(runner.failure()).toBe("x is not a function");
});

test("runAction() keeps a masked secret out of evidence, summary and log", async () => {
  const runner = fakeRunner("smoke-test", {});
  await runAction("smoke-test", runner, async ({ mask }) => {
    mask("s3cr3t-token");
    const encoded = Buffer.from("s3cr3t-token").toString("base64");
    return result(fail("got s3cr3t-token"), { details: { header: encoded }, summary: "it was s3cr3t-token" });
  });
  const written = readFileSync(runner.outputs.report ?? "", "utf8");
  expect(runner.masked).toContain("s3cr3t-token");
  expect(written).not.toMatch(/s3cr3t|czNjcjN0/);
  expect(runner.summaries.join("")).not.toContain("s3cr3t");
});

test("runAction() writes a drawing beside the evidence, without secrets, and the summary names it", async () => {
  const summaries: string[] = [];
  const runner = {
    ...fakeRunner("canary-analyze", {}),
    appendSummary: async (markdown: string) => void summaries.push(markdown),
  };
  await runAction("canary-analyze", runner, async ({ mask }) => {
    mask("s3cr3t-token");
    return result(pass, { drawing: "<svg>s3cr3t-token and a curve</svg>" });
  });
  const path = (runner.outputs.report ?? "").replace(/json$/, "svg");
  const drawn = readFileSync(path, "utf8");
  expect(drawn).toContain("and a curve");
  expect(drawn).not.toContain("s3cr3t-token");
  expect(summaries.join("")).toContain("Drawn in `canary-analyze-1.svg`");
});

test("runAction() writes outputs, evidence and summary before it settles the step's fate", async () => {
  const runner = fakeRunner("smoke-test", {});
  const order: string[] = [];
  const watched = {
    ...runner,
    setOutput: () => order.push("output"),
    appendSummary: async () => void order.push("summary"),
    annotate: () => order.push("annotation"),
    setFailed: () => order.push("fate"),
  };
  await runAction("smoke-test", watched as unknown as typeof runner, async () =>
    result(fail("no"), { annotations: [{ level: "error", message: "no" }] }),
  );
  expect(order.at(-1)).toBe("fate");
  expect(new Set(order.slice(0, -1))).toEqual(new Set(["output", "summary", "annotation"]));
});

test("runAction() tells the story that the step was cancelled", async () => {
  const runner = fakeRunner("smoke-test", {});
  await runAction("smoke-test", runner, async ({ signal }) => {
    const cancelled = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    process.emit("SIGINT", "SIGINT");
    await cancelled;
    return result(inconclusive("cancelled"));
  });
  expect(runner.failure()).toBe("inconclusive: cancelled");
});
