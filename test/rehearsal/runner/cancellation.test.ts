import { expect, test } from "vitest";
import { startWorkflow } from "../../../src/rehearsal/runner/run.ts";
import { isAlive, jobOf, logOf, prepare, startUntil, stepsWorkflow } from "./playground.ts";

const listens = `const fs = require("node:fs");
process.on("SIGINT", () => { console.log("told to stop"); setTimeout(() => { console.log("tidied"); process.exit(0); }, 50); });
setInterval(() => {}, 1000);
console.log("node is up");
`;
const deaf = `process.on("SIGINT", () => console.log("heard SIGINT"));
process.on("SIGTERM", () => console.log("heard SIGTERM"));
setInterval(() => {}, 1000);
console.log("node is up", process.pid);
`;
const action = "name: a\ndescription: d\nruns: { using: node24, main: main.cjs }\n";

function cancellable(main: string) {
  const steps = `
- uses: example/sluice/actions/wait@main
- run: echo "not reached"
- if: cancelled()
  run: echo "cancelled ran $\{{ job.status }}"
- if: always()
  run: echo "always ran"`;
  return {
    app: { ".github/workflows/ci.yml": stepsWorkflow(steps) },
    sluice: { "actions/wait/action.yml": action, "actions/wait/main.cjs": main },
  };
}

test("cancel() interrupts the step's own process and then runs the steps that ask for it", async () => {
  const prepared = await prepare(cancellable(listens));
  const run = await startUntil(prepared, "node is up");
  run.cancel("somebody pressed the button");
  const result = await run.result;
  const log = logOf(prepared.events);
  for (const text of ["told to stop", "tidied", "cancelled ran cancelled", "always ran"])
    expect(log).toContain(text);
  expect(log).not.toContain("not reached");
  expect(jobOf(result, "one").steps.map((step) => step.conclusion)).toEqual([
    ...["cancelled", "skipped", "success", "success"],
  ]);
  expect([jobOf(result, "one").result, result.conclusion]).toEqual(["cancelled", "cancelled"]);
});

test("cancel() interrupts, terminates and then kills a step that does not listen", async () => {
  const prepared = await prepare(cancellable(deaf));
  const run = await startUntil(prepared, "node is up");
  const pid = Number(/node is up (\d+)/.exec(logOf(prepared.events))?.[1]);
  run.cancel("somebody pressed the button");
  await run.result;
  const log = logOf(prepared.events);
  expect(log.indexOf("heard SIGINT")).toBeGreaterThan(0);
  expect(log.indexOf("heard SIGTERM")).toBeGreaterThan(log.indexOf("heard SIGINT"));
  expect(isAlive(pid)).toBe(false);
});

test("cancel() does not tell children of the step", async () => {
  const prepared = await prepare({
    app: {
      ".github/workflows/ci.yml": stepsWorkflow(`- run: |
    trap 'echo shell heard; exit 1' INT
    (trap 'echo child heard' INT; echo up; for i in $(seq 30); do sleep 0.1; done) &
    wait`),
    },
  });
  const run = await startUntil(prepared, "up");
  run.cancel("somebody pressed the button");
  await run.result;
  expect(logOf(prepared.events)).toContain("shell heard");
  expect(logOf(prepared.events)).not.toContain("child heard");
});

test("cancel() leaves a job alone whose own condition still holds", async () => {
  const prepared = await prepare({
    app: {
      ".github/workflows/ci.yml": stepsWorkflow("- run: echo up; sleep 0.3; echo finished", "if: always()"),
    },
  });
  const run = await startUntil(prepared, "up");
  run.cancel("somebody pressed the button");
  const result = await run.result;
  expect(logOf(prepared.events)).toContain("finished");
  expect(jobOf(result, "one").result).toBe("success");
});

test("cancel() ends everything when the time for tidying is over", async () => {
  const steps =
    "- run: echo up; exec sleep 60\n- if: always()\n  run: exec sleep 60\n- if: always()\n  run: echo too late";
  const prepared = await prepare({ app: { ".github/workflows/ci.yml": stepsWorkflow(steps) } });
  const patience = { interruptMs: 500, terminateMs: 100, wholeMs: 1_500 };
  const run = await startUntil({ ...prepared, options: { ...prepared.options, patience } }, "up");
  run.cancel("somebody pressed the button");
  const result = await run.result;
  expect(logOf(prepared.events)).not.toContain("too late");
  expect(jobOf(result, "one").result).toBe("cancelled");
});

test("a run is cancelled by its signal before it has begun", async () => {
  const { options, events } = await prepare({
    app: { ".github/workflows/ci.yml": stepsWorkflow("- run: echo reached") },
  });
  const run = await startWorkflow({ ...options, signal: AbortSignal.abort() });
  expect((await run.result).conclusion).toBe("cancelled");
  expect(logOf(events)).not.toContain("reached");
});

test("loseRunner() kills the whole tree, runs no further step and lets other jobs go on", async () => {
  const text = `
on: workflow_dispatch
jobs:
  deploy:
    runs-on: ubuntu-latest
    outputs: { x: "$\{{ steps.a.outputs.x }}" }
    steps:
      - id: a
        run: echo "x=1" >> $GITHUB_OUTPUT
      - run: |
          setsid bash -c 'echo "child $$"; trap "" INT TERM; while true; do sleep 0.1; done' &
          sleep 60
      - if: always()
        run: echo "not reached"
  recover:
    needs: deploy
    if: always() && needs.deploy.result != 'success'
    runs-on: ubuntu-latest
    steps:
      - run: echo "recovering from $\{{ needs.deploy.result }} [$\{{ needs.deploy.outputs.x }}]"
`;
  const prepared = await prepare({ app: { ".github/workflows/ci.yml": text } });
  const run = await startUntil(prepared, "child");
  const pid = Number(/child (\d+)/.exec(logOf(prepared.events))?.[1]);
  run.loseRunner("deploy");
  const result = await run.result;
  expect(isAlive(pid)).toBe(false);
  expect(logOf(prepared.events)).not.toContain("not reached");
  expect(logOf(prepared.events)).toContain("recovering from failure []");
  expect([jobOf(result, "deploy").result, jobOf(result, "recover").result]).toEqual(["failure", "success"]);
  expect(() => run.loseRunner("deploy")).toThrow('No job "deploy" is running');
});
