import { expect, test } from "vitest";
import { jobOf, logOf, playText, stepsWorkflow } from "./playground.ts";

const uses = "uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1";

test("checkout brings the commit of the run into an empty workspace", async () => {
  const steps = `
- run: touch left-over
- id: c
  ${uses}
  with: { persist-credentials: false }
- run: |
    ls; git rev-parse --abbrev-ref HEAD; test "$(git rev-parse HEAD)" = "$GITHUB_SHA" && echo same
    echo "$\{{ steps.c.outputs.commit == github.sha }} $\{{ steps.c.outputs.ref }} $\{{ hashFiles('*.txt') != '' }}"`;
  const { events } = await playText(stepsWorkflow(steps), { app: { "hello.txt": "hi" } });
  expect(logOf(events).split("\n").slice(1)).toEqual([
    "hello.txt",
    "HEAD",
    "same",
    "true refs/heads/main true",
  ]);
});

test("checkout puts a ref into a folder", async () => {
  const { events } = await playText(
    stepsWorkflow(`- ${uses}\n  with: { ref: main, path: src, fetch-depth: 0 }\n- run: ls src`),
    {
      app: { "hello.txt": "hi" },
    },
  );
  expect(logOf(events)).toContain("hello.txt");
});

test.each([
  {
    name: "another repository",
    given: "repository: acme/other",
    says: 'checkout of "acme/other" is not modelled',
  },
  {
    name: "a path outside the workspace",
    given: "path: ../../x",
    says: 'Input "path" must stay in the workspace',
  },
  { name: "a ref that is not there", given: "ref: ghost", says: "git rev-parse failed" },
])("checkout fails on $name", async ({ given, says }) => {
  const { result } = await playText(stepsWorkflow(`- ${uses}\n  with: { ${given} }`));
  expect(jobOf(result, "one").steps[0]?.annotations[0]?.message).toContain(says);
});
