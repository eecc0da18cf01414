import { expect, test } from "vitest";
import { jobOf, logOf, playText, stepsWorkflow } from "./playground.ts";

const secret = "s3cr3t-value+/=";

test.each([
  { name: "in plain text", run: `echo "it is $S"` },
  { name: "in base64", run: `printf %s "$S" | base64` },
  { name: "in a JSON text", run: `printf '{"a":"%s"}\\n' "$S"` },
  { name: "in an annotation", run: `echo "::error::it is $S"` },
])("runWorkflow() hides a secret $name", async ({ run }) => {
  const steps = `- env: { S: "$\{{ secrets.TOKEN }}" }\n  run: |\n    ${run}`;
  const { events } = await playText(stepsWorkflow(steps), { options: { secrets: { TOKEN: secret } } });
  expect(JSON.stringify(events)).not.toContain("s3cr3t-value");
  expect(logOf(events)).toContain("***");
});

test("runWorkflow() hides what a step masks, in logs, in summaries and by dropping job outputs", async () => {
  const steps = `
- id: a
  run: |
    echo "::add-mask::found-later"
    echo "this is found-later"
    echo "summary found-later" >> $GITHUB_STEP_SUMMARY
    echo "x=found-later" >> $GITHUB_OUTPUT
    echo "y=open" >> $GITHUB_OUTPUT`;
  const outputs = `outputs: { x: "$\{{ steps.a.outputs.x }}", y: "$\{{ steps.a.outputs.y }}" }`;
  const { result, events } = await playText(stepsWorkflow(steps, outputs));
  expect(logOf(events)).toContain("this is ***");
  expect(jobOf(result, "one").steps[0]?.summary).toBe("summary ***\n");
  expect(jobOf(result, "one").steps[0]?.outputs).toEqual({ x: "***", y: "open" });
  expect(jobOf(result, "one").outputs).toEqual({ y: "open" });
  expect(jobOf(result, "one").annotations.map((one) => one.message)).toContain(
    "Skip output 'x' since it may contain secret.",
  );
});

test("runWorkflow() prints commands between stop-commands instead of obeying them", async () => {
  const steps = `
- run: |
    echo "::stop-commands::abc123"
    echo "::error::not mine"
    echo "::abc123::"
    echo "::warning title=T,file=a.ts,line=4::mine%0Atwo"`;
  const { result, events } = await playText(stepsWorkflow(steps));
  expect(logOf(events)).toContain("::error::not mine");
  expect(jobOf(result, "one").steps[0]?.annotations).toEqual([
    { level: "warning", message: "mine\ntwo", title: "T", file: "a.ts", line: 4 },
  ]);
});

test("runWorkflow() keeps ten annotations of a kind and cuts long ones", async () => {
  const steps = `
- run: |
    for i in $(seq 12); do echo "::notice::n$i"; done
    echo "::error::$(head -c 5000 /dev/zero | tr '\\0' x)"`;
  const { result } = await playText(stepsWorkflow(steps));
  const found = jobOf(result, "one").steps[0]?.annotations ?? [];
  expect(found.filter((one) => one.level === "notice")).toHaveLength(10);
  expect(found.find((one) => one.level === "error")?.message).toHaveLength(4096);
});
