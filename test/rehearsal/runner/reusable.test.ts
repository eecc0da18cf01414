import { expect, test } from "vitest";
import { jobOf, logOf, play } from "./playground.ts";

const caller = (job: string, top = "") => `on: workflow_dispatch\n${top}jobs:\n  call:\n${job}`;
const deploy = `
on:
  workflow_call:
    inputs:
      name: { type: string, required: true }
      weight: { type: number, default: 5 }
      loud: { type: boolean }
    secrets:
      key: { required: false }
    outputs:
      said: { value: "$\{{ jobs.inner.outputs.said }}/$\{{ jobs.inner.result }}" }
jobs:
  inner:
    runs-on: ubuntu-latest
    outputs: { said: "$\{{ steps.a.outputs.said }}" }
    steps:
      - id: a
        env: { KEY: "$\{{ secrets.key }}", OTHER: "$\{{ secrets.other }}" }
        run: |
          echo "said=$\{{ inputs.name }}-$\{{ inputs.weight }}-$\{{ inputs.loud }}" >> $GITHUB_OUTPUT
          echo "key $\{#KEY} other $\{#OTHER} env [$CALLER_ENV]"
          echo "$\{{ github.repository }} $\{{ job.workflow_repository }} $\{{ job.workflow_file_path }}"
      - uses: $/actions/a
`;
const sluice = {
  ".github/workflows/deploy.yml": deploy,
  "actions/a/action.yml": "runs: { using: node24, main: a.mjs }\n",
  "actions/a/a.mjs": "console.log('action of sluice')",
};
const uses = "    uses: example/sluice/.github/workflows/deploy.yml@v1\n";

test("runWorkflow() calls a workflow of ours with typed inputs and takes its outputs back", async () => {
  const text = `${caller(`${uses}    with: { name: web, weight: 10, loud: true }\n`, "env: { CALLER_ENV: x }\n")}
  after:
    needs: call
    runs-on: ubuntu-latest
    steps:
      - run: echo "after $\{{ needs.call.outputs.said }}"
`;
  const { result, events } = await play({ app: { ".github/workflows/ci.yml": text }, sluice });
  expect(logOf(events)).toContain("after web-10-true/success");
  expect(logOf(events)).toContain("acme/web example/sluice .github/workflows/deploy.yml");
  expect(logOf(events)).toContain("env []");
  expect(logOf(events)).toContain("action of sluice");
  expect(jobOf(result, "call/inner").name).toBe("call / inner");
});

test("runWorkflow() nests calls by $/ and ./ of the file they stand in", async () => {
  const middle = `on: { workflow_call: {} }\njobs:\n  deep:\n    uses: $/.github/workflows/deploy.yml\n    with: { name: deep }\n`;
  const { result } = await play({
    app: {
      ".github/workflows/ci.yml": caller("    uses: ./.github/workflows/own.yml\n"),
      ".github/workflows/own.yml": `on: { workflow_call: {} }\njobs:\n  ours:\n    uses: example/sluice/.github/workflows/middle.yml@v1\n`,
    },
    sluice: { ...sluice, ".github/workflows/middle.yml": middle },
  });
  expect(jobOf(result, "call/ours/deep/inner").result).toBe("success");
});

test.each([
  { name: "nothing by itself", secrets: "", shown: "key 0 other 0" },
  {
    name: "what is passed by name",
    secrets: '    secrets: { key: "${{ secrets.MINE }}" }\n',
    shown: "key 4 other 0",
  },
  { name: "everything when inherited", secrets: "    secrets: inherit\n", shown: "key 3 other 5" },
])("runWorkflow() hands a called workflow $name", async ({ secrets, shown }) => {
  const text = caller(`${uses}    with: { name: web }\n${secrets}`);
  const options = { secrets: { MINE: "m-m-", KEY: "k-k", OTHER: "o-o-o" } };
  const { events } = await play({ app: { ".github/workflows/ci.yml": text }, sluice, options });
  expect(logOf(events)).toContain(shown);
});

test.each([
  { name: "no secrets without inherit", secrets: "", shown: "key 0 other 0" },
  {
    name: "the environment's secret under a name that was passed",
    secrets: "    secrets: { key: short }\n",
    shown: "key 11 other 0",
  },
  {
    name: "it also under other letters",
    secrets: "    secrets: { KEY: short }\n",
    shown: "key 11 other 0",
  },
  { name: "all secrets when inherited", secrets: "    secrets: inherit\n", shown: "key 11 other 7" },
])("runWorkflow() gives a called job with an environment $name", async ({ secrets, shown }) => {
  const inEnvironment = deploy.replace(
    "    outputs: { said",
    "    environment: production\n    outputs: { said",
  );
  const { events } = await play({
    app: { ".github/workflows/ci.yml": caller(`${uses}    with: { name: web }\n${secrets}`) },
    sluice: { ...sluice, ".github/workflows/deploy.yml": inEnvironment },
    environments: [{ name: "production", secrets: { key: "environment", OTHER: "another" } }],
  });
  expect(logOf(events)).toContain(shown);
});

test("runWorkflow() fails a call whose evaluated input has the wrong type", async () => {
  const text = caller(`${uses}    with: { name: web, loud: "$\{{ github.ref_name }}" }\n`);
  const { result } = await play({ app: { ".github/workflows/ci.yml": text }, sluice });
  expect(jobOf(result, "call").annotations[0]?.message).toBe('Input "loud" must be a boolean: got "main"');
  expect(result.conclusion).toBe("failure");
});
