import { expect, test } from "vitest";
import { matchesBranch } from "../../../src/rehearsal/runner/environments.ts";
import { runWorkflow, startWorkflow } from "../../../src/rehearsal/runner/run.ts";
import { jobOf, logOf, playText, prepare, stepsWorkflow } from "./playground.ts";

const deploy = stepsWorkflow(
  `- run: echo "deployed $\{{ vars.WHERE }} [$\{{ secrets.KEY }}]"`,
  "environment: { name: production, deployment: false }",
);
const reviewed = {
  name: "production",
  reviewers: ["alice", "bob"],
  vars: { WHERE: "there" },
  secrets: { KEY: "kkkk" },
};

test("runWorkflow() asks once per job, records who approved and then gives the environment's values", async () => {
  const { result, events, github, questions } = await playText(deploy, { environments: [reviewed] });
  expect(logOf(events)).toContain("deployed there [***]");
  expect(questions).toEqual([
    expect.objectContaining({ environment: "production", job: "one", reviewers: ["alice", "bob"] }),
  ]);
  expect(jobOf(result, "one")).toMatchObject({ environment: "production", approvedBy: "alice" });
  expect(github.state.runs.get(result.runId)?.approvals).toEqual([
    { environments: ["production"], state: "approved", user: "alice", comment: "fine" },
  ]);
});

test.each([
  {
    name: "a rejection",
    environment: reviewed,
    answer: { approved: false, user: "bob", comment: "not today" },
    says: "bob rejected the deployment to production: not today",
  },
  {
    name: "an approval by somebody who is no reviewer",
    environment: reviewed,
    answer: { approved: true, user: "mallory", comment: "" },
    says: "mallory is not a reviewer of production",
  },
  {
    name: "an approval of one's own run where that is forbidden",
    environment: { ...reviewed, preventSelfReview: true, reviewers: ["developer"] },
    answer: { approved: true, user: "developer", comment: "" },
    says: "developer started the run and may not approve it for production",
  },
  {
    name: "a branch that may not deploy",
    environment: { name: "production", branches: ["release/*"] },
    says: 'Branch "main" is not allowed to deploy to production due to environment protection rules',
  },
  {
    name: "a custom rule under deployment: false",
    environment: { name: "production", customRules: ["change-board"] },
    says: "production has custom protection rules (change-board), which need a deployment: deployment is false",
  },
  {
    name: "a wait timer",
    environment: { name: "production", waitMinutes: 5 },
    says: "wait timers are not modelled by the rehearsal: production has one",
  },
])("runWorkflow() fails the job on $name and runs no step", async ({ environment, answer, says }) => {
  const { result, events } = await playText(deploy, {
    environments: [environment],
    ...(answer && { answer }),
  });
  expect(jobOf(result, "one").result).toBe("failure");
  expect(jobOf(result, "one").annotations.map((one) => one.message)).toEqual([says]);
  expect(logOf(events)).toBe("");
});

test("runWorkflow() makes an environment that nobody made, without protection, as GitHub does", async () => {
  const { result, github, questions } = await playText(deploy);
  expect(result.conclusion).toBe("success");
  expect(questions).toEqual([]);
  expect(github.state.environments.get("production")).toMatchObject({ name: "production" });
});

test("runWorkflow() runs a job whose environment is empty without one", async () => {
  const { result, github } = await playText(deploy.replace("name: production", 'name: "${{ vars.NONE }}"'));
  expect(result.conclusion).toBe("success");
  expect(github.state.environments.size).toBe(0);
});

test.each([
  { deployment: "", wanted: ["in_progress", "success"] },
  { deployment: ", deployment: false", wanted: undefined },
])(
  "runWorkflow() makes a deployment unless the job says not to$deployment",
  async ({ deployment, wanted }) => {
    const text = stepsWorkflow(
      "- run: true",
      `environment: { name: production, url: "https://x"${deployment} }`,
    );
    const { github } = await playText(text);
    expect(github.state.deployments[0]?.statuses.map((status) => status.state)).toEqual(wanted);
  },
);

test("runWorkflow() takes an approval that comes through the API", async () => {
  const prepared = await prepare({ app: { ".github/workflows/ci.yml": deploy }, environments: [reviewed] });
  const { github } = prepared;
  const never = new Promise<never>(() => {});
  let asked = () => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const started = await startWorkflow({
    ...prepared.options,
    onEvent: (event) => event.kind === "approval-asked" && asked(),
    approve: () => never,
  });
  await waiting;
  const token = github.issueToken({ permissions: { actions: "read", deployments: "write" }, actor: "alice" });
  const url = `${github.apiUrl}/repos/acme/web/actions/runs/${started.runId}/pending_deployments`;
  const headers = { authorization: `bearer ${token}` };
  const pending = (await (await fetch(url, { headers })).json()) as { environment: { id: number } }[];
  const body = JSON.stringify({
    environment_ids: [pending[0]?.environment.id],
    state: "approved",
    comment: "by API",
  });
  expect((await fetch(url, { method: "POST", headers, body })).status).toBe(200);
  const result = await started.result;
  expect(jobOf(result, "one").approvedBy).toBe("alice");
});

test("runWorkflow() asks again when the job is run again", async () => {
  const failing = deploy.replace("echo", "test $GITHUB_RUN_ATTEMPT = 2 && echo");
  const { options, questions } = await prepare({
    app: { ".github/workflows/ci.yml": failing },
    environments: [reviewed],
  });
  const first = await runWorkflow(options);
  const second = await runWorkflow({ ...options, rerunFailedOf: first });
  expect([first.conclusion, second.conclusion]).toEqual(["failure", "success"]);
  expect(questions.map((question) => question.attempt)).toEqual([1, 2]);
});

test("cancelling a run ends the wait for an approval", async () => {
  const prepared = await prepare({ app: { ".github/workflows/ci.yml": deploy }, environments: [reviewed] });
  const controller = new AbortController();
  const result = await runWorkflow({
    ...prepared.options,
    signal: controller.signal,
    approve: () => {
      controller.abort();
      return new Promise(() => {});
    },
  });
  expect([jobOf(result, "one").result, result.conclusion]).toEqual(["cancelled", "cancelled"]);
});

test("the approver is shown what earlier jobs summarised", async () => {
  const text = `${deploy.replace("  one:\n", "  one:\n    needs: plan\n")}  plan:\n    runs-on: x\n    steps:\n      - run: echo "## The plan" >> $GITHUB_STEP_SUMMARY\n`;
  const { questions } = await playText(text, { environments: [reviewed] });
  expect(questions[0]?.summary).toBe("## The plan\n");
});

test.each([
  { pattern: "main", branch: "main", fits: true },
  { pattern: "release/*", branch: "release/1.2", fits: true },
  { pattern: "release/*", branch: "release/1/2", fits: false },
  { pattern: "*", branch: "feature/x", fits: false },
  { pattern: "v?.x", branch: "v1.x", fits: true },
  { pattern: "v?.x", branch: "v1-x", fits: false },
])("matchesBranch() $pattern and $branch", ({ pattern, branch, fits }) => {
  expect(matchesBranch(pattern, branch)).toBe(fits);
});

test("runWorkflow() fails the job when nobody can be asked", async () => {
  const prepared = await prepare({ app: { ".github/workflows/ci.yml": deploy }, environments: [reviewed] });
  const approve = () => Promise.reject(new Error("no terminal"));
  const result = await runWorkflow({ ...prepared.options, approve });
  expect(jobOf(result, "one").annotations[0]?.message).toBe("no terminal");
  expect(prepared.github.state.runs.get(result.runId)?.jobs[0]?.conclusion).toBe("failure");
});
