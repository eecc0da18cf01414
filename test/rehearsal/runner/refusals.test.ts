import { expect, test } from "vitest";
import { RefusedError } from "../../../src/rehearsal/runner/refusals.ts";
import { planWorkflow } from "../../../src/rehearsal/runner/run.ts";
import { play, prepare, stepsWorkflow } from "./playground.ts";

const step = (text: string) => stepsWorkflow(text);
const call = (rest: string, top = "") =>
  `on: workflow_dispatch\n${top}jobs:\n  call:\n    uses: example/sluice/.github/workflows/x.yml@v1\n${rest}`;
const callee = (rest: string, top = "") =>
  `on: { workflow_call: { inputs: { a: { type: boolean, required: true } }, secrets: { s: { required: true } } } }\n${top}jobs:\n  inner:\n    runs-on: x\n${rest}    steps: [{ run: "true" }]\n`;
const given = "    with: { a: true }\n    secrets: { s: x }\n";

test.each([
  {
    name: "an unknown key",
    ci: step("- run: x\n  colour: red"),
    says: "ci.yml:7: Unexpected value 'colour'",
  },
  {
    name: "services",
    ci: stepsWorkflow("- run: x", "services: { db: { image: postgres } }"),
    says: '"services" is not modelled',
  },
  {
    name: "a container",
    ci: stepsWorkflow("- run: x", "container: node"),
    says: '"container" is not modelled',
  },
  {
    name: "continue-on-error of a job",
    ci: stepsWorkflow("- run: x", "continue-on-error: true"),
    says: '"continue-on-error" is not modelled',
  },
  { name: "parallel steps", ci: step("- run: x\n  background: true"), says: "Unexpected value 'background'" },
  { name: "another shell", ci: step("- run: x\n  shell: pwsh"), says: 'shell "pwsh" is not modelled' },
  {
    name: "a foreign action",
    ci: step("- uses: docker/login-action@v3"),
    says: '"docker/login-action@v3" is not modelled',
  },
  { name: "an action in the workspace", ci: step("- uses: ./mine"), says: '"./mine" is not modelled' },
  {
    name: "checkout at another commit",
    ci: step("- uses: actions/checkout@v4"),
    says: 'is modelled at 3d3c42e5aac5ba805825da76410c181273ba90b1 (v7.0.1) only: got "v4"',
  },
  {
    name: "an input of checkout that is not modelled",
    ci: step("- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n  with: { lfs: true }"),
    says: 'input "lfs" of actions/checkout is not modelled',
  },
  {
    name: "a composite action",
    ci: step("- uses: example/sluice/actions/c@v1"),
    says: "actions/c/action.yml runs with composite",
  },
  {
    name: "an action with a pre script",
    ci: step("- uses: example/sluice/actions/early@v1"),
    says: "has a pre script, which is not modelled",
  },
  {
    name: "an action that is not there",
    ci: step("- uses: example/sluice/actions/none@v1"),
    says: "has no action.yml in actions/none",
  },
  {
    name: "an action that is not built",
    ci: step("- uses: example/sluice/actions/unbuilt@v1"),
    says: "which does not exist: build it first",
  },
  {
    name: "an expression that does not parse",
    ci: step("- run: echo ${{ nothing.here }}"),
    says: "Unrecognized named-value: 'nothing'",
  },
  {
    name: "a need that does not exist",
    ci: stepsWorkflow("- run: x", "needs: ghost"),
    says: "must contain at least one job with no dependencies",
  },
  {
    name: "a script over the limit",
    ci: step(`- run: ${"x".repeat(21_001)}`),
    says: "a script may have 21000 characters: got 21001",
  },
  {
    name: "a workflow for another event",
    ci: step("- run: x").replace("workflow_dispatch", "push"),
    says: 'not started by "workflow_dispatch"',
  },
  {
    name: "a callee that is not there",
    ci: call(given),
    x: undefined,
    says: "has no .github/workflows/x.yml",
  },
  {
    name: "a workflow of somebody else",
    ci: call(given).replace("example/sluice", "other/repo"),
    says: '"other/repo/.github/workflows/x.yml@v1" cannot be called',
  },
  {
    name: "an input nobody declared",
    ci: call("    with: { a: true, b: 1 }\n    secrets: { s: x }\n"),
    x: callee(""),
    says: 'input "b" is not declared',
  },
  {
    name: "a missing input",
    ci: call("    secrets: { s: x }\n"),
    x: callee(""),
    says: 'input "a" is required',
  },
  {
    name: "an input of the wrong type",
    ci: call("    with: { a: 'yes' }\n    secrets: { s: x }\n"),
    x: callee(""),
    says: 'input "a" must be a boolean: got "yes"',
  },
  {
    name: "a secret nobody declared",
    ci: call("    with: { a: true }\n    secrets: { s: x, t: y }\n"),
    x: callee(""),
    says: 'secret "t" is not declared',
  },
  {
    name: "a missing secret",
    ci: call("    with: { a: true }\n"),
    x: callee(""),
    says: 'secret "s" is required',
  },
  {
    name: "a callee that cannot be called",
    ci: call(given),
    x: step("- run: x"),
    says: "has no workflow_call trigger",
  },
  {
    name: "a job that asks for more than its caller has",
    ci: call(`${given}    permissions: { contents: read }\n`),
    x: callee("    permissions: { contents: read, packages: write }\n"),
    says: 'the nested job "inner" is requesting packages: write, but is only allowed packages: none',
  },
  {
    name: "such a job even if it would never run",
    ci: call(`${given}    permissions: { packages: read }\n`),
    x: callee("    if: false\n    permissions: { packages: write }\n"),
    says: "requesting packages: write, but is only allowed packages: read",
  },
  {
    name: "a callee whose top asks for more",
    ci: call(given, "permissions: {}\n"),
    x: callee("", "permissions: { contents: read }\n"),
    says: "the workflow is requesting contents: read, but is only allowed contents: none",
  },
  {
    name: "the same concurrency group above and below",
    ci: call(given, "concurrency: Deploy\n"),
    x: callee("", "concurrency: { group: deploy, queue: max }\n"),
    says: 'concurrency group "deploy" is held by a caller of this workflow: a deadlock',
  },
  {
    name: "cancelling others from within a call",
    ci: call(given),
    x: callee("", "concurrency: { group: deploy, cancel-in-progress: true }\n"),
    says: '"cancel-in-progress" is modelled at the top of the started workflow only',
  },
  {
    name: "a matrix that fails fast",
    ci: stepsWorkflow("- run: x", "strategy: { matrix: { a: [1] } }"),
    says: 'a matrix is modelled with "fail-fast: false" only',
  },
  {
    name: "includes in a matrix",
    ci: stepsWorkflow("- run: x", "strategy: { fail-fast: false, matrix: { a: [1], include: [{ a: 2 }] } }"),
    says: '"include" is not modelled',
  },
  {
    name: "a limit of parallel jobs",
    ci: stepsWorkflow("- run: x", "strategy: { max-parallel: 1, fail-fast: false, matrix: { a: [1] } }"),
    says: '"max-parallel" is not modelled',
  },
])("startWorkflow() refuses $name before anything runs", async ({ ci, x, says }) => {
  const sluice = {
    "actions/c/action.yml": "runs: { using: composite, steps: [] }\n",
    "actions/early/action.yml": "runs: { using: node24, main: m.js, pre: m.js }\n",
    "actions/early/m.js": "",
    "actions/unbuilt/action.yml": "runs: { using: node24, main: dist/x.js }\n",
    ...(x === undefined ? {} : { ".github/workflows/x.yml": x }),
  };
  const { options, events } = await prepare({ app: { ".github/workflows/ci.yml": ci }, sluice });
  const refused = await planWorkflow(options).catch((thrown: unknown) => thrown);
  expect(refused).toBeInstanceOf(RefusedError);
  expect(String(refused)).toContain(says);
  expect(events).toEqual([]);
});

test("startWorkflow() names all reasons, each with file and line", async () => {
  const ci = step("- uses: a/b@v1\n- uses: c/d@v1");
  const refused = play({ app: { ".github/workflows/ci.yml": ci } }).catch((thrown: unknown) => thrown);
  const { refusals } = (await refused) as RefusedError;
  expect(refusals.map(({ at }) => `${at.file}:${at.line}`)).toEqual([
    ".github/workflows/ci.yml:6",
    ".github/workflows/ci.yml:7",
  ]);
});

test.each([
  {
    name: "another branch",
    push: "branches: [release]",
    says: 'not started by a push to "refs/heads/main": it has release',
  },
  { name: "paths", push: "{ branches: [main], paths: [a] }", says: '"paths" of a push is not modelled' },
  {
    name: "excluded branches",
    push: "{ branches: ['**', '!x'] }",
    says: "branches that are excluded are not modelled",
  },
])("startWorkflow() refuses a push with $name", async ({ push, says }) => {
  const filter = push.startsWith("{") ? push : `{ ${push} }`;
  const ci = step("- run: x").replace("on: workflow_dispatch", `on: { push: ${filter} }`);
  const { options } = await prepare({ app: { ".github/workflows/ci.yml": ci } });
  await expect(planWorkflow({ ...options, event: { name: "push" } })).rejects.toThrow(says);
});

test.each(["main", "ma*", "**"])("startWorkflow() takes a push to main for branches %s", async (pattern) => {
  const ci = step("- run: x").replace("on: workflow_dispatch", `on: { push: { branches: ['${pattern}'] } }`);
  const { options } = await prepare({ app: { ".github/workflows/ci.yml": ci } });
  await expect(planWorkflow({ ...options, event: { name: "push" } })).resolves.toBeDefined();
});
