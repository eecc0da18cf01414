import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findArtifactFiles } from "../../../src/rehearsal/runner/artifact-files.ts";
import { jobOf, logOf, playText } from "./playground.ts";

const upload = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a";
const download = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c";
const listing = "- run: find got -type f | sort | tr '\\n' ' '";

function twoJobs(more: string, permissions = "{ actions: read }"): string {
  return `on: workflow_dispatch
jobs:
  make:
    runs-on: x
    outputs: { one: "$\{{ steps.one.outputs.artifact-id }}", two: "$\{{ steps.two.outputs.artifact-id }}" }
    steps:
      - run: mkdir -p out/deep; echo 1 > out/a.txt; echo 2 > out/deep/b.txt; echo h > out/.hidden; echo s > $RUNNER_TEMP/s.json
      - id: one
        uses: ${upload}
        with: { name: first, path: out }
      - id: two
        uses: ${upload}
        with: { name: second, path: "$\{{ runner.temp }}/*.json" }
  use:
    needs: make
    if: always()
    permissions: ${permissions}
    runs-on: x
    steps:
${more
  .trim()
  .split("\n")
  .map((line) => `      ${line}`)
  .join("\n")}
      ${listing}
`;
}

const withToken = 'github-token: "${{ github.token }}", run-id: "${{ github.run_id }}"';

test.each([
  {
    name: "one by its name into the folder itself",
    given: "name: first",
    shown: "got/a.txt got/deep/b.txt ",
  },
  {
    name: "one by its ID into the folder itself",
    given: `artifact-ids: "$\{{ needs.make.outputs.two }}", ${withToken}`,
    shown: "got/s.json ",
  },
  {
    name: "several by ID into a folder each",
    given: `artifact-ids: "$\{{ needs.make.outputs.one }},$\{{ needs.make.outputs.two }}", ${withToken}`,
    shown: "got/first/a.txt got/first/deep/b.txt got/second/s.json ",
  },
  {
    name: "all into a folder each",
    given: "name: ''",
    shown: "got/first/a.txt got/first/deep/b.txt got/second/s.json ",
  },
  {
    name: "several into one folder when merged",
    given: "merge-multiple: true",
    shown: "got/a.txt got/deep/b.txt got/s.json ",
  },
  { name: "those a pattern fits", given: "pattern: sec*", shown: "got/s.json " },
])("download-artifact fetches $name", async ({ given, shown }) => {
  const { events } = await playText(twoJobs(`- uses: ${download}\n  with: { path: got, ${given} }`));
  expect(logOf(events).split("\n")).toContain(shown);
});

test.each([
  { name: "an artifact that is not there", given: "name: none", says: "Artifact not found for name: none" },
  {
    name: "an ID that is not there",
    given: 'artifact-ids: "7"',
    says: "None of the provided artifact IDs were found",
  },
  { name: "an ID that is no number", given: "artifact-ids: abc", says: "Invalid artifact ID: 'abc'" },
  { name: "name and ID together", given: 'name: a, artifact-ids: "7"', says: "cannot be used together" },
  {
    name: "a token that may not read actions",
    given: `name: first, ${withToken}`,
    permissions: "{}",
    says: "needs actions: read",
  },
])("download-artifact fails on $name", async ({ given, says, permissions }) => {
  const { result } = await playText(
    twoJobs(`- uses: ${download}\n  with: { path: got, ${given} }`, permissions),
  );
  expect(jobOf(result, "use").steps[0]?.annotations[0]?.message).toContain(says);
  expect(result.conclusion).toBe("failure");
});

test("upload-artifact tells ID and digest, keeps names unique and days", async () => {
  const steps = `
- run: mkdir got; echo 1 > got/a
- id: up
  uses: ${upload}
  with: { name: third, path: got, retention-days: 35 }
- run: echo "id $\{{ steps.up.outputs.artifact-id }} $\{{ steps.up.outputs.artifact-digest }}"
- uses: ${upload}
  with: { name: third, path: got }`;
  const { result, github, events } = await playText(twoJobs(steps));
  expect(logOf(events)).toMatch(/id \d+ [0-9a-f]{64}/);
  expect(jobOf(result, "use").steps[3]?.annotations[0]?.message).toContain('artifact "third" already exists');
  const third = github.state.artifacts.find((artifact) => artifact.name === "third");
  const days = (Date.parse(third?.expiresAt ?? "") - Date.parse(third?.createdAt ?? "")) / 86_400_000;
  expect(days).toBe(35);
});

test.each([
  { given: "", conclusion: "success", level: "warning" },
  { given: ", if-no-files-found: error", conclusion: "failure", level: "error" },
  { given: ", if-no-files-found: ignore", conclusion: "success", level: undefined },
])("upload-artifact without files$given", async ({ given, conclusion, level }) => {
  const { result } = await playText(
    twoJobs(`- run: mkdir got\n- uses: ${upload}\n  with: { path: nothing/*.json${given} }`),
  );
  expect(jobOf(result, "use").steps[1]?.annotations[0]?.level).toBe(level);
  expect(jobOf(result, "use").result).toBe(conclusion);
});

test.each([
  { name: "a folder becomes the root", path: "out", root: "out", files: ["a.txt", "deep/b.txt"] },
  {
    name: "hidden files come when asked for",
    path: "out",
    hidden: true,
    root: "out",
    files: [".h", "a.txt", "deep/b.txt"],
  },
  { name: "one file stands in the root", path: "out/deep/b.txt", root: "out/deep", files: ["b.txt"] },
  {
    name: "a glob keeps what lies below its first star",
    path: "out/*/*.txt",
    root: "out",
    files: ["deep/b.txt"],
  },
  {
    name: "several places share a root",
    path: "out/deep\nother",
    root: "",
    files: ["other/c.txt", "out/deep/b.txt"],
  },
  { name: "what is excluded stays away", path: "out\n!out/deep", root: "out", files: ["a.txt"] },
  { name: "nothing is nothing", path: "none", root: "none", files: [] },
])("findArtifactFiles(): $name", ({ path, root, files, hidden }) => {
  const folder = mkdtempSync(join(tmpdir(), "artifact-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of ["out/a.txt", "out/deep/b.txt", "out/.h", "other/c.txt"]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "x");
  }
  expect(findArtifactFiles(path, folder, hidden === true)).toEqual({ root: join(folder, root), files });
});
