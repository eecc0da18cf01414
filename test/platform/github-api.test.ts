import { beforeAll, expect, test } from "vitest";
import { OutsideError } from "../../src/core/errors.ts";
import { type GithubApi, githubApi } from "../../src/platform/github-api.ts";
import { all, useApi } from "../rehearsal/github/api.ts";

const standIn = useApi();
let api: GithubApi;

beforeAll(() => {
  api = as(all);
});

function as(permissions: typeof all): GithubApi {
  const { github } = standIn();
  const token = github.issueToken({ permissions, actor: "alice" });
  return githubApi(token, { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "acme/web" });
}

test.each([
  { name: "production", hasReviewers: true, hasBranchPolicy: true, customRules: [] },
  { name: "staging", hasReviewers: false, hasBranchPolicy: true, customRules: [] },
  { name: "odd", hasReviewers: false, hasBranchPolicy: false, customRules: ["change-board"] },
])("environment() reads the protection of $name", async (expected) => {
  expect(await api.environment(expected.name)).toEqual(expected);
});

test("environment() knows that one does not exist", async () => {
  expect(await api.environment("nowhere")).toBeUndefined();
});

test("approvals() names who approved which environment", async () => {
  expect(await api.approvals("77")).toEqual([
    { state: "approved", user: "bob", environments: ["production"] },
  ]);
  await expect(api.approvals("1")).rejects.toThrow(
    /^GitHub answered 404 to GET \/repos\/acme\/web\/actions\/runs\/1\/approvals/,
  );
});

test("isOver() knows an earlier attempt, a running and an ended job, and what it cannot know", async () => {
  const { run } = standIn();
  const of = (change: object) =>
    api.isOver({ repository: "acme/web", id: "77", attempt: 2, job: "one", ...change });
  expect(await of({ attempt: 1, job: "gone" })).toBe(true);
  expect(await of({})).toBe(true);
  expect(await of({ job: "other" })).toBeUndefined();
  expect(await of({ id: "1" })).toBeUndefined();
  const now = run.createdAt;
  run.jobs.push({
    id: 9,
    attempt: 2,
    name: "production / deploy",
    status: "in_progress",
    conclusion: null,
    createdAt: now,
    startedAt: now,
    completedAt: null,
    steps: [],
  });
  expect(await of({ job: "deploy" })).toBe(false);
});

test("deployments are made without a merge, get statuses, and are found by environment and task", async () => {
  const { sha, github } = standIn();
  const id = await api.createDeployment({
    ref: sha,
    environment: "production",
    task: "deploy:web",
    description: "d".repeat(200),
    production: true,
    payload: { record: "r" },
  });
  const other = await api.createDeployment({
    ref: sha,
    environment: "production",
    task: "deploy:api",
    description: "",
    production: true,
    payload: {},
  });
  await api.setDeploymentStatus(id, {
    state: "in_progress",
    description: "s".repeat(200),
    logUrl: "https://example.test/",
  });
  expect(await api.deployments("production", "deploy:web")).toEqual([{ id, payload: { record: "r" } }]);
  expect(await api.deployments("production", "deploy:api")).toEqual([{ id: other, payload: {} }]);
  expect(await api.deploymentState(id)).toBe("in_progress");
  expect(await api.deploymentState(other)).toBeUndefined();
  const made = github.state.deployments.find((one) => one.id === id);
  expect(made).toMatchObject({ sha, isProduction: true, payload: { record: "r" } });
  expect(made?.description).toHaveLength(140);
});

test("a refusal names the call, the status and GitHub's words", async () => {
  const refused = as({} as typeof all).environment("production");
  await expect(refused).rejects.toThrow(OutsideError);
  await expect(refused).rejects.toThrow(
    "GitHub answered 403 to GET /repos/acme/web/environments/production: Resource not accessible by integration",
  );
});
