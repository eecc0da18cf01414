import { expect, test } from "vitest";
import { runWorkflow } from "../../../src/rehearsal/runner/run.ts";
import { jobOf, logOf, playText, prepare } from "./playground.ts";

const job = (id: string, rest: string, run = "true") =>
  `  ${id}:\n${rest.includes("runs-on") ? "" : "    runs-on: ubuntu-latest\n"}${rest}    steps:\n      - run: ${run}\n`;
const workflow = (...jobs: string[]) => `on: workflow_dispatch\njobs:\n${jobs.join("")}`;

test.each([
  { name: "skips a job when one it needs failed", rest: "    needs: [ok, bad]\n", result: "skipped" },
  {
    name: "runs a job that asks for failure",
    rest: "    needs: [ok, bad]\n    if: failure()\n",
    result: "success",
  },
  {
    name: "runs a job on a result it names",
    rest: "    needs: [bad]\n    if: always() && needs.bad.result != 'success'\n",
    result: "success",
  },
  {
    name: "skips a job when something further back failed, even if what it needs went well",
    rest: "    needs: [rescue]\n",
    result: "skipped",
  },
  {
    name: "skips a job whose condition does not hold",
    rest: "    if: github.ref == 'refs/heads/x'\n",
    result: "skipped",
  },
  {
    name: "fails a job for another kind of machine",
    rest: "    runs-on: windows-latest\n",
    result: "failure",
  },
  { name: "fails a job whose condition is broken", rest: "    if: fromJSON('{')\n", result: "failure" },
  {
    name: "fails a job whose matrix is empty",
    rest: "    strategy: { fail-fast: false, matrix: { a: [] } }\n",
    result: "failure",
  },
])("runWorkflow() $name", async ({ rest, result }) => {
  const text = workflow(
    job("ok", ""),
    job("bad", "", "exit 1"),
    job("rescue", "    needs: bad\n    if: always()\n"),
    job("last", rest),
  );
  const played = await playText(text);
  expect(jobOf(played.result, "last").result).toBe(result);
});

test("runWorkflow() runs every combination of a matrix as a job of its own", async () => {
  const { events, result } = await playText(
    workflow(
      job(
        "many",
        "    strategy: { fail-fast: false, matrix: { a: [1, 2], b: [x] } }\n",
        `echo "$\{{ matrix.a }}-$\{{ matrix.b }} of $\{{ strategy.job-total }}"`,
      ),
    ),
  );
  expect(logOf(events).split("\n").sort()).toEqual(["1-x of 2", "2-x of 2"]);
  expect(result.jobs.map((one) => one.path)).toEqual(["many (1, x)", "many (2, x)"]);
});

test("runWorkflow() runs only failed jobs and what needs them again", async () => {
  const text = workflow(
    job("build", '    outputs: { id: "${{ steps.x.outputs.id }}" }\n').replace(
      "- run: true",
      "- id: x\n        run: echo id=$GITHUB_RUN_ATTEMPT >> $GITHUB_OUTPUT",
    ),
    job("flaky", "    needs: build\n", `test "$GITHUB_RUN_ATTEMPT" = 2`),
    job(
      "after",
      "    needs: [build, flaky]\n",
      `echo "built in $\{{ needs.build.outputs.id }} now $\{{ github.run_attempt }}"`,
    ),
  );
  const { options, events } = await prepare({ app: { ".github/workflows/ci.yml": text } });
  const first = await runWorkflow(options);
  expect(first.conclusion).toBe("failure");
  const second = await runWorkflow({ ...options, rerunFailedOf: first });
  expect([second.runId, second.attempt, second.conclusion]).toEqual([first.runId, 2, "success"]);
  expect(jobOf(second, "build").isReused).toBe(true);
  expect(logOf(events)).toContain("built in 1 now 2");
});

test("runWorkflow() keeps jobs with their steps for the API", async () => {
  const { github, result } = await playText(workflow(job("one", "", "exit 1")));
  const run = github.state.runs.get(result.runId);
  expect(run?.jobs.map(({ name, status, conclusion }) => ({ name, status, conclusion }))).toEqual([
    { name: "one", status: "completed", conclusion: "failure" },
  ]);
  expect(run?.jobs[0]?.steps.map((step) => step.conclusion)).toEqual(["failure"]);
  expect([run?.status, run?.conclusion]).toEqual(["completed", "failure"]);
});

test("runWorkflow() tells what happens in order", async () => {
  const { events } = await playText(workflow(job("one", "", "echo hi")));
  const kinds = events.map((event) => event.kind);
  expect(kinds).toEqual([
    ...[
      "run-started",
      "job-queued",
      "job-started",
      "step-started",
      "log",
      "step-ended",
      "job-ended",
      "run-ended",
    ],
  ]);
});

test("runWorkflow() shows inputs of a dispatch with their types", async () => {
  const text = `
on:
  workflow_dispatch:
    inputs:
      count: { type: number, default: 3 }
      loud: { type: boolean, required: true }
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: echo "$\{{ toJSON(inputs) }} $\{{ inputs.loud && 'loud' || 'quiet' }} $\{{ github.event.inputs.loud }}"
`;
  const { events } = await playText(text, { options: { inputs: { loud: false } } });
  expect(logOf(events)).toContain("quiet false");
  await expect(playText(text)).rejects.toThrow("Required input 'loud' not provided");
  await expect(playText(text, { options: { inputs: { loud: "no" } } })).rejects.toThrow(
    'Input "loud" must be a boolean: got "no"',
  );
  await expect(playText(text, { options: { inputs: { loud: true, x: 1 } } })).rejects.toThrow(
    'Unexpected inputs provided: ["x"]',
  );
});
