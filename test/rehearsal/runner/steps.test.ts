import { expect, test } from "vitest";
import { isAlive, jobOf, logOf, playText, stepsWorkflow } from "./playground.ts";

test("runWorkflow() runs a script and gives its outputs to later steps and jobs", async () => {
  const { result, events } = await playText(`
on: workflow_dispatch
env: { GREETING: hello }
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: { said: "\${{ steps.say.outputs.word }}" }
    steps:
      - id: say
        env: { NAME: "world" }
        run: |
          echo "word=$GREETING $NAME" >> "$GITHUB_OUTPUT"
      - run: echo "got \${{ steps.say.outputs.word }} \${{ steps.say.conclusion }}"
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
      - run: echo "again \${{ needs.first.outputs.said }} \${{ needs.first.result }}"
`);
  expect(logOf(events)).toContain("got hello world success");
  expect(logOf(events)).toContain("again hello world success");
  expect(jobOf(result, "first").outputs).toEqual({ said: "hello world" });
  expect(result.conclusion).toBe("success");
});

const log = (text: string) => `- run: echo "${text}"`;

test.each([
  {
    name: "skips later steps after a failure, but not those that ask for it",
    steps: `- run: exit 3\n${log("plain")}\n- if: failure()\n  run: echo rescued\n- if: always()\n  run: echo "status \${{ job.status }}"`,
    conclusion: "failure",
    shown: ["rescued", "status failure", "Process completed with exit code 3."],
    hidden: ["plain"],
  },
  {
    name: "goes on after a step that may fail and tells outcome from conclusion",
    steps: `- id: a\n  continue-on-error: true\n  run: exit 1\n- run: echo "\${{ steps.a.outcome }} \${{ steps.a.conclusion }}"`,
    conclusion: "success",
    shown: ["failure success"],
    hidden: [],
  },
  {
    name: "hands over variables and paths only to later steps",
    steps: `- run: |\n    echo "A=one" >> $GITHUB_ENV\n    mkdir -p bin; printf '#!/bin/sh\\necho tool' > bin/mytool; chmod +x bin/mytool\n    echo "$PWD/bin" >> $GITHUB_PATH\n    echo "now [$A]"\n- run: |\n    echo "then [$A] \${{ env.A }}"\n    mytool`,
    conclusion: "success",
    shown: ["now []", "then [one] one", "tool"],
    hidden: [],
  },
  {
    name: "stops at the first failing part of a pipe with shell bash",
    steps: `- shell: bash\n  run: |\n    false | true\n    echo "not reached"`,
    conclusion: "failure",
    shown: ["Process completed with exit code 1."],
    hidden: ["not reached"],
  },
  {
    name: "does not look at pipes when no shell is named, as GitHub does",
    steps: `- run: |\n    false | true\n    echo "was reached"`,
    conclusion: "success",
    shown: ["was reached"],
    hidden: [],
  },
  {
    name: "takes the indentation of a block with an expression away",
    steps: `- run: |\n    cat <<EOF\n    first \${{ github.ref_name }}\n    EOF`,
    conclusion: "success",
    shown: ["first main"],
    hidden: ["  first"],
  },
  {
    name: "starts a step in its working directory",
    steps: `- run: mkdir -p deep/er\n- working-directory: deep/er\n  run: echo "in \${PWD##*/}"`,
    conclusion: "success",
    shown: ["in er"],
    hidden: [],
  },
  {
    name: "fails a step whose condition cannot be evaluated",
    steps: `- if: fromJSON('{')\n  run: echo "not reached"`,
    conclusion: "failure",
    shown: ["cannot be evaluated"],
    hidden: ["not reached"],
  },
  {
    name: "fails a step that leaves an output without its delimiter",
    steps: `- run: printf 'a<<END\\nx\\n' >> $GITHUB_OUTPUT`,
    conclusion: "failure",
    shown: [
      "Unable to process file command 'output' successfully. Invalid value: matching delimiter not found 'END'",
    ],
    hidden: [],
  },
  {
    name: "does not let a step set NODE_OPTIONS for others",
    steps: `- run: echo "NODE_OPTIONS=--inspect" >> $GITHUB_ENV`,
    conclusion: "failure",
    shown: ["Can't store NODE_OPTIONS"],
    hidden: [],
  },
  {
    name: "drops a summary over 1 MiB with an error but keeps the step green",
    steps: `- run: head -c 1048577 /dev/zero | tr '\\0' x > $GITHUB_STEP_SUMMARY`,
    conclusion: "success",
    shown: ["$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got 1025k"],
    hidden: [],
  },
  {
    name: "gives the default environment",
    steps: `- run: echo "$CI $GITHUB_ACTIONS $GITHUB_REPOSITORY $GITHUB_REF $GITHUB_JOB $RUNNER_OS $GITHUB_RUN_ATTEMPT"`,
    conclusion: "success",
    shown: ["true true acme/web refs/heads/main one Linux 1"],
    hidden: [],
  },
  {
    name: "gives no ID token without id-token: write",
    steps: `- run: echo "[$ACTIONS_ID_TOKEN_REQUEST_URL]"`,
    conclusion: "success",
    shown: ["[]"],
    hidden: [],
  },
])("runWorkflow() $name", async ({ steps, conclusion, shown, hidden }) => {
  const { result, events } = await playText(stepsWorkflow(steps));
  expect(logOf(events).split("\n")).toEqual(
    expect.arrayContaining(shown.map((text) => expect.stringContaining(text))),
  );
  for (const text of hidden) expect(logOf(events)).not.toContain(text);
  expect(result.conclusion).toBe(conclusion);
});

test("runWorkflow() ends a step that takes longer than its limit", async () => {
  const { result, events } = await playText(
    stepsWorkflow("- timeout-minutes: 0.005\n  run: exec sleep 60\n- if: failure()\n  run: echo after"),
  );
  expect(logOf(events)).toContain("has timed out after 0.005 minutes");
  expect(logOf(events)).toContain("after");
  expect(result.conclusion).toBe("failure");
});

test("runWorkflow() cancels a job that takes longer than its limit", async () => {
  const steps = "- run: exec sleep 60\n- if: always()\n  run: echo cleaned";
  const { result, events } = await playText(stepsWorkflow(steps, "timeout-minutes: 0.005"));
  expect(logOf(events)).toContain("cleaned");
  expect(jobOf(result, "one").result).toBe("cancelled");
  expect(jobOf(result, "one").annotations[0]?.message).toContain("exceeded the maximum execution time");
});

test("runWorkflow() ends processes that a job left behind", async () => {
  const { events } = await playText(
    stepsWorkflow(`- run: |\n    setsid sleep 300 > /dev/null 2>&1 &\n    echo "pid $!"`),
  );
  const pid = Number(/pid (\d+)/.exec(logOf(events))?.[1]);
  expect(isAlive(pid)).toBe(false);
});
