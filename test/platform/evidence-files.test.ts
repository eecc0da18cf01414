import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Evidence, evidenceSchema } from "../../src/domain/evidence/evidence.ts";
import { readEvidence, runOf, writeEvidence } from "../../src/platform/evidence-files.ts";
import { parseEvidence } from "../../src/platform/evidence-schema.ts";

const evidence: Evidence = {
  schema: evidenceSchema,
  action: "smoke-test",
  verdict: "pass",
  reasons: [],
  subject: { digest: `sha256:${"a".repeat(64)}` },
  run: runOf({ GITHUB_REPOSITORY: "acme/web", GITHUB_RUN_ID: "7" }),
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:01.000Z",
  details: { saw: 1 },
};

test("writeEvidence() numbers the files of an action and overwrites none", async () => {
  const env = { RUNNER_TEMP: mkdtempSync(join(tmpdir(), "sluice-evidence-")) };
  const paths = [await writeEvidence(env, evidence), await writeEvidence(env, evidence)];
  expect(paths.map((path) => path.slice(env.RUNNER_TEMP.length))).toEqual([
    "/sluice/smoke-test-1.json",
    "/sluice/smoke-test-2.json",
  ]);
  expect(await readEvidence([`${env.RUNNER_TEMP}/sluice/*.json`])).toEqual([evidence, evidence]);
});

test("readEvidence() refuses a pattern that matches nothing, and a file that is no evidence", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-evidence-"));
  await expect(readEvidence([`${folder}/*.json`])).rejects.toThrow(
    'Input "evidence" must name evidence files',
  );
  writeFileSync(join(folder, "half.json"), JSON.stringify(evidence).slice(0, -20));
  await expect(readEvidence([`${folder}/half.json`])).rejects.toThrow("half.json");
});

test.each([
  { name: "another schema", change: { schema: "sluice.evidence/v2" }, place: "schema" },
  { name: "a verdict that is none", change: { verdict: "ok" }, place: "verdict" },
  { name: "a digest that is none", change: { subject: { digest: "latest" } }, place: "subject.digest" },
  { name: "a field nobody knows", change: { extra: 1 }, place: "extra" },
])("parseEvidence() refuses $name and names the place", ({ change, place }) => {
  expect(() => parseEvidence({ ...evidence, ...change })).toThrow(place);
});

test("the schema in the repository is the one that is checked", () => {
  const path = new URL("../../schemas/evidence.schema.json", import.meta.url);
  expect(JSON.parse(readFileSync(path, "utf8")).properties.schema.const).toBe(evidenceSchema);
});
