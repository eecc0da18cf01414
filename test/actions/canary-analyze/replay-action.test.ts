import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readInputsOfMode } from "../../../src/actions/canary-analyze/inputs.ts";
import { replayEvidence } from "../../../src/actions/canary-analyze/replay.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { at, type Json } from "../../../src/core/json.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { type Drawn, evidenceOf, metricTexts } from "./replay-runs.ts";

const fine = { errorRate: 0.002, slowRate: 0.005 };
const worse: Drawn = {
  text: metricTexts[0] ?? "",
  mode: "ramp",
  promotesEarly: false,
  rule: { requestsPerSecond: 100, stable: fine, candidate: { ...fine, errorRate: 0.008 } },
};
const equal: Drawn = { ...worse, rule: { ...worse.rule, candidate: fine } };

const run = { repository: "a/b", commit: "c", runId: "1", attempt: 1, job: "j", actor: "a", url: "u" };

/** The evidence file that a run leaves, with what a test changes in it. */
async function fileOf(drawn: Drawn, change: (file: Record<string, Json>) => void = () => undefined) {
  const { outcome, result, details } = await evidenceOf(drawn, 1);
  const file: Record<string, Json> = {
    schema: "sluice.evidence/v1",
    action: "canary-analyze",
    mode: drawn.mode,
    verdict: outcome.verdict.kind,
    reasons: reasonsOf(outcome.verdict),
    subject: { digest: `sha256:${"a".repeat(64)}` },
    run,
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T01:00:00.000Z",
    details: details as unknown as Json,
  };
  change(file);
  return { path: write(JSON.stringify(file, null, 2)), outcome, result };
}

function write(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "sluice-replay-")), "evidence.json");
  writeFileSync(path, text);
  return path;
}

async function replayed(path: string, given: Readonly<Record<string, string>> = {}) {
  const runner = fakeRunner("canary-analyze", { mode: "replay", "replay-from": path, ...given });
  const inputs = await readInputsOfMode(runner, {});
  if (inputs.mode !== "replay") throw new Error("another mode was read");
  return await replayEvidence(inputs);
}

test("replayEvidence() says what the evidence says", async () => {
  const { path, outcome, result } = await fileOf(worse);
  const again = await replayed(path);
  expect(outcome.verdict.kind).toBe("fail");
  expect(again.verdict).toEqual(outcome.verdict);
  expect(again.outputs["p-value"]).toBe(result.outputs["p-value"]);
  expect(again.details).toMatchObject({ isIdentical: true, changed: [] });
  expect(again.details.curve).toEqual(at(result.details, "recording", "curve"));
  expect(again.summary).toContain("to the last bit");
});

test("replayEvidence() vouches for no digest, whatever the rules", async () => {
  const { path } = await fileOf(worse);
  const lax = await replayed(path, { "tolerated-ratio": "9", "unacceptable-ratio": "20" });
  expect(lax.subject).toEqual({});
});

test("replayEvidence() with less confidence says at which earlier look and minute it would have ended, and for which metric", async () => {
  const { path } = await fileOf(worse);
  const strict = await replayed(path, { confidence: "0.8" });
  const [recorded, now] = [
    at(strict.details, "recorded", "endedAt"),
    at(strict.details, "replayed", "endedAt"),
  ];
  expect(strict.verdict.kind).toBe("fail");
  expect(Number(at(now, "look"))).toBeLessThan(Number(at(recorded, "look")));
  expect(at(now, "failed")).toEqual(["error-rate"]);
  expect(Number(at(now, "afterSeconds"))).toBeLessThan(Number(at(recorded, "afterSeconds")));
  expect(strict.details.changed).toEqual(["confidence 0.8 in place of 0.95"]);
  expect(strict.summary).toContain("confidence 0.8 in place of 0.95");
});

test("replayEvidence() by rules that would not have stopped it says where the recording ends", async () => {
  const { path } = await fileOf(worse);
  const lax = await replayed(path, { "tolerated-ratio": "9", "unacceptable-ratio": "20" });
  expect(lax.verdict.kind).toBe("inconclusive");
  expect(reasonsOf(lax.verdict)[0]).toMatch(
    /^the recording ends after .*, where these rules would have gone on$/,
  );
});

test("replayEvidence() judges by another metrics file", async () => {
  const { path } = await fileOf(equal);
  const metrics = worse.text.replace("p95 500ms", "p99.9 500ms");
  const strict = await replayed(path, { metrics });
  expect(strict.verdict.kind).toBe("fail");
  expect(strict.details.changed).toEqual(["another rule for latency"]);
  expect(at(strict.details, "recorded", "verdict")).toBe("pass");
});

test("replayEvidence() says from where on other rules would have left the recorded weights", async () => {
  const { path } = await fileOf(equal);
  const { details } = await replayed(path, { "minimum-requests": "100000" });
  expect(details.diverged).toMatch(/^at look \d+, after .*, these rules would have stayed at 5 %/);
});

test("replayEvidence() of a recording that somebody has changed is inconclusive and red", async () => {
  const { path } = await fileOf(worse, (file) => {
    const lines = at(file, "details", "recording", "found", "error-rate", "looks") as string[];
    lines[2] = (lines[2] ?? "").replace(/(\d+)$/, (digits) => String(Number(digits) + 1));
  });
  const again = await replayed(path, { "on-inconclusive": "warn" });
  expect(again.verdict.kind).toBe("inconclusive");
  expect(reasonsOf(again.verdict)[0]).toMatch(
    /^the evidence says fail and its recording, judged again, is not the same/,
  );
  expect(again.onInconclusive).toBe("fail");
});

test("replayEvidence() of evidence whose verdict somebody has changed is inconclusive", async () => {
  const { path } = await fileOf(worse, (file) => {
    file.verdict = "pass";
    file.reasons = [];
  });
  expect((await replayed(path)).verdict.kind).toBe("inconclusive");
});

test.each<{ name: string; change: (file: Record<string, Json>) => void; says: RegExp }>([
  {
    name: "another action",
    change: (file) => Object.assign(file, { action: "smoke-test" }),
    says: /must name evidence of a canary: .* is evidence of smoke-test$/,
  },
  {
    name: "a backtest",
    change: (file) => Object.assign(file, { mode: "backtest" }),
    says: /is evidence of mode backtest, which looks at no canary$/,
  },
  {
    name: "an older version",
    change: (file) => delete (file.details as Record<string, Json>).recording,
    says: /has no recording: it was written by an older version$/,
  },
  {
    name: "a step that never looked",
    change: (file) => Object.assign(file, { details: {}, reasons: ["no baseline"] }),
    says: /the step ended before its first look \(no baseline\)$/,
  },
  {
    name: "a newer recording",
    change: (file) => Object.assign(at(file, "details", "recording") as object, { version: 2 }),
    says: /has a recording of another form: recording.version is missing or has another form$/,
  },
  {
    name: "a recording with a line too few",
    change: (file) => (at(file, "details", "recording", "curve", "latency") as string[]).pop(),
    says: /must have a line for each look of "latency"$/,
  },
  {
    name: "a line that is no numbers",
    change: (file) => {
      (at(file, "details", "recording", "found", "latency", "looks") as string[])[0] = "0 1 two";
    },
    says: /a line of the recording cannot be read: "0 1 two"$/,
  },
  {
    name: "another schema",
    change: (file) => Object.assign(file, { schema: "sluice.evidence/v0" }),
    says: /^Input "replay-from" must name an evidence file of sluice: .*schema is missing or has a wrong value$/,
  },
])("replayEvidence() refuses evidence of $name", async ({ change, says }) => {
  const { path } = await fileOf(worse, change);
  const refused = replayed(path);
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(says);
});

test("replayEvidence() refuses what is no evidence at all", async () => {
  await expect(replayed(write("{"))).rejects.toThrow(
    /Input "replay-from" must name an evidence file of sluice/,
  );
  await expect(replayed("/nowhere/at/all.json")).rejects.toThrow(ConfigError);
});

test.each([
  {
    name: "a new metric",
    metrics: "- {name: new, query: 'x{ {{arm}} }', pass: '> 1'}",
    says: /\(error-rate, latency\).*got "new"/,
  },
  {
    name: "another query",
    metrics: "- {name: error-rate, errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'}",
    says: /got another query or other strata for "error-rate"$/,
  },
])("replayEvidence() refuses $name, of which the recording knows nothing", async ({ metrics, says }) => {
  const { path } = await fileOf(worse);
  await expect(replayed(path, { metrics })).rejects.toThrow(says);
});

test.each([
  { given: { "replay-from": "" }, says: 'Input "replay-from" is required: got nothing' },
  { given: { "prometheus-url": "http://p" }, says: 'Input "prometheus-url" must be empty in mode replay' },
  { given: { image: "a@sha256:b" }, says: 'Input "image" must be empty in mode replay' },
  { given: { confidence: "2" }, says: 'Input "confidence" must be a number from 0.5 to 0.9999: got "2"' },
])("readInputsOfMode() refuses $given in mode replay", async ({ given, says }) => {
  await expect(replayed("evidence.json", given as Record<string, string>)).rejects.toThrow(says);
});

test("readInputsOfMode() refuses replay-from in other modes", async () => {
  const given = {
    mode: "analyze",
    metrics: "m",
    baseline: 'a="b"',
    candidate: 'a="c"',
    "prometheus-url": "http://p",
  };
  const runner = fakeRunner("canary-analyze", { ...given, "replay-from": "x.json" });
  await expect(readInputsOfMode(runner, {})).rejects.toThrow(
    'Input "replay-from" must be empty in mode analyze',
  );
});
