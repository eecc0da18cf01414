import { createRemoteJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { jobOf, logOf, play, stepsWorkflow } from "./playground.ts";

const manifest = `
name: a
description: d
inputs:
  word: { description: w, default: "from $\{{ github.job }}" }
  must-have: { description: m, required: true }
  old-one: { description: o, deprecationMessage: use word }
runs: { using: node24, main: ../../dist/a.mjs, post: ../../dist/a-post.mjs }
`;
const main = `
import { appendFileSync } from "node:fs";
console.log(JSON.stringify([process.env.INPUT_WORD, process.env["INPUT_MUST-HAVE"], process.env.GITHUB_ACTION, process.env.GITHUB_ACTION_REPOSITORY, process.version.slice(0, 3)]));
appendFileSync(process.env.GITHUB_STATE, "token=42\\n");
appendFileSync(process.env.GITHUB_OUTPUT, "said<<E\\ntwo\\nlines\\nE\\n");
`;
const post = `console.log("post", process.env.STATE_token, process.env.INPUT_WORD);`;
const sluice = { "actions/a/action.yml": manifest, "dist/a.mjs": main, "dist/a-post.mjs": post };

function playSteps(steps: string, extra: Partial<Parameters<typeof play>[0]> = {}) {
  return play({ app: { ".github/workflows/ci.yml": stepsWorkflow(steps) }, sluice, ...extra });
}

test("runWorkflow() starts an action with its inputs, defaults and state, and its post script last", async () => {
  const { events, result } = await playSteps(`
- id: a
  uses: example/sluice/actions/a@main
- run: echo "$\{{ toJSON(steps.a.outputs.said) }}"`);
  expect(logOf(events).split("\n")).toEqual([
    '["from one","","a","example/sluice","v24"]',
    String.raw`two\nlines`.length > 0 ? expect.stringContaining("two") : "",
    "post 42 from one",
  ]);
  expect(jobOf(result, "one").steps.map((step) => step.phase)).toEqual(["main", "main", "post"]);
});

test("runWorkflow() warns of inputs an action does not declare or has retired, and enforces no required one", async () => {
  const { result } = await playSteps(`
- uses: example/sluice/actions/a@main
  with: { colour: red, old-one: x }`);
  expect(jobOf(result, "one").steps[0]?.annotations.map((one) => [one.level, one.message])).toEqual([
    ["warning", "Unexpected input(s) 'colour', valid inputs are ['word', 'must-have', 'old-one']"],
    ["warning", "Input 'old-one' has been deprecated: use word"],
  ]);
  expect(result.conclusion).toBe("success");
});

test("runWorkflow() gives a job with id-token: write tokens that the issuer's keys verify", async () => {
  const core = import.meta.resolve("@actions/core");
  const ask = `
import { getIDToken } from "${core}";
console.log(Buffer.from(await getIDToken("cluster")).toString("hex"));
`;
  const workflow = stepsWorkflow(
    "- uses: example/sluice/actions/ask@main",
    "permissions: { id-token: write }\nenvironment: production",
  );
  const { events, github } = await play({
    app: { ".github/workflows/ci.yml": workflow },
    sluice: { "actions/ask/action.yml": "runs: { using: node24, main: m.mjs }\n", "actions/ask/m.mjs": ask },
  });
  const token = Buffer.from(logOf(events).split("\n").at(-1) ?? "", "hex").toString();
  const keys = createRemoteJWKSet(new URL(`${github.issuerUrl}/.well-known/jwks`));
  const { payload } = await jwtVerify(token, keys, { issuer: github.issuerUrl, audience: "cluster" });
  expect(payload).toMatchObject({
    sub: "repo:acme/web:environment:production",
    repository: "acme/web",
    environment: "production",
    job_workflow_ref: "acme/web/.github/workflows/ci.yml@refs/heads/main",
  });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
});

test("runWorkflow() gives a job a token that may do what its permissions say and ends with it", async () => {
  const ask = `
const get = async (path) => (await fetch(process.env.GITHUB_API_URL + path, { headers: { authorization: "bearer " + process.env.INPUT_TOKEN } })).status;
console.log(await get("/repos/acme/web/environments"), await get("/repos/acme/web/deployments"));
console.log(Buffer.from(process.env.INPUT_TOKEN).toString("hex"));
`;
  const { events, github } = await play({
    app: {
      ".github/workflows/ci.yml": stepsWorkflow(
        "- uses: example/sluice/actions/ask@main",
        "permissions: { actions: read }",
      ),
    },
    sluice: {
      "actions/ask/action.yml":
        'inputs: { token: { default: "${{ github.token }}" } }\nruns: { using: node24, main: m.mjs }\n',
      "actions/ask/m.mjs": ask,
    },
  });
  const [statuses, hex = ""] = logOf(events).split("\n");
  expect(statuses).toBe("200 403");
  const authorization = `bearer ${Buffer.from(hex, "hex").toString()}`;
  const after = await fetch(`${github.apiUrl}/repos/acme/web`, { headers: { authorization } });
  expect(after.status).toBe(401);
});
