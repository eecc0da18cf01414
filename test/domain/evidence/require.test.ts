import { expect, test } from "vitest";
import type { Evidence } from "../../../src/domain/evidence/evidence.ts";
import { judgeEvidence } from "../../../src/domain/evidence/require.ts";

const [ours, theirs] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

function evidence(
  action: string,
  verdict: Evidence["verdict"],
  digest?: string,
  finishedAt = "2026-01-01T00:00:00Z",
) {
  const reasons = verdict === "pass" ? [] : ["a reason"];
  return {
    action,
    verdict,
    reasons,
    finishedAt,
    subject: digest === undefined ? {} : { digest },
  } as unknown as Evidence;
}

const scan = ["security-scan"];

test.each([
  {
    name: "passes when the gate passed for the digest",
    given: [evidence("security-scan", "pass", ours)],
    kind: "pass",
  },
  { name: "has a gap without evidence", given: [], kind: "inconclusive" },
  {
    name: "has a gap when evidence names no digest",
    given: [evidence("security-scan", "pass")],
    kind: "inconclusive",
  },
  { name: "fails when the gate failed", given: [evidence("security-scan", "fail", ours)], kind: "fail" },
  {
    name: "fails when the gate was inconclusive",
    given: [evidence("security-scan", "inconclusive", ours)],
    kind: "fail",
  },
  {
    name: "refuses evidence of another digest even beside good evidence",
    given: [evidence("security-scan", "pass", ours), evidence("smoke-test", "pass", theirs)],
    kind: "fail",
  },
  {
    name: "goes by the newest evidence of a gate",
    given: [
      evidence("security-scan", "pass", ours, "2026-01-01T00:00:00Z"),
      evidence("security-scan", "fail", ours, "2026-01-02T00:00:00Z"),
    ],
    kind: "fail",
  },
])("judgeEvidence() $name", ({ given, kind }) => {
  expect(judgeEvidence(given, { digest: ours, require: scan }).kind).toBe(kind);
});
