import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { all, base, type Reply, useApi } from "./api.ts";

const api = useApi();

test("environments show their protection", async () => {
  const { ask } = api();
  const { body } = await ask("GET", `${base}/environments`);
  expect(body.environments.map((one: Reply) => one.name)).toEqual(["production", "staging", "odd"]);
  const production = (await ask("GET", `${base}/environments/Production`)).body;
  expect(production.deployment_branch_policy).toEqual({
    protected_branches: false,
    custom_branch_policies: true,
  });
  expect(production.can_admins_bypass).toBe(false);
  const rule = production.protection_rules.find((one: Reply) => one.type === "required_reviewers");
  expect(rule.reviewers.map((one: Reply) => [one.type, one.reviewer.login])).toEqual([
    ["User", "alice"],
    ["User", "bob"],
  ]);
  expect(rule.prevent_self_review).toBe(true);
  const odd = (await ask("GET", `${base}/environments/odd`)).body;
  expect(odd.protection_rules.map((one: Reply) => one.type)).toEqual(["wait_timer", "change-board"]);
  expect((await ask("GET", `${base}/environments/none`)).status).toBe(404);
});

test("branch policies and custom rules are listed", async () => {
  const { ask } = api();
  const policies = await ask("GET", `${base}/environments/production/deployment-branch-policies`);
  expect(policies.body.branch_policies.map((one: Reply) => one.name)).toEqual(["main", "release/*"]);
  const rules = await ask("GET", `${base}/environments/odd/deployment_protection_rules`);
  expect(rules.body.custom_deployment_protection_rules[0].app.slug).toBe("change-board");
});

test("runs show jobs by attempt, approvals and artifacts", async () => {
  const { ask, github, root, run, sha } = api();
  writeFileSync(join(root, "evidence.json"), "{}");
  const upload = { runId: run.id, root, files: ["evidence.json"], retentionDays: 35, overwrite: false };
  const stored = github.artifacts.save({ ...upload, name: "evidence" });
  expect((await ask("GET", `${base}/actions/runs?status=in_progress`)).body.total_count).toBe(1);
  expect((await ask("GET", `${base}/actions/runs?status=completed`)).body.total_count).toBe(0);
  expect((await ask("GET", `${base}/actions/runs/77`)).body).toMatchObject({ run_attempt: 2, head_sha: sha });
  expect((await ask("GET", `${base}/actions/runs/77/jobs`)).body.jobs.map((one: Reply) => one.id)).toEqual([
    502,
  ]);
  expect((await ask("GET", `${base}/actions/runs/77/jobs?filter=all`)).body.total_count).toBe(2);
  expect(
    (await ask("GET", `${base}/actions/runs/77/attempts/1/jobs`)).body.jobs.map((one: Reply) => one.id),
  ).toEqual([501]);
  const approvals = (await ask("GET", `${base}/actions/runs/77/approvals`)).body;
  expect(approvals[0]).toMatchObject({ state: "approved", user: { login: "bob" }, comment: "fine" });
  expect(approvals[0].environments[0].name).toBe("production");
  const artifacts = (await ask("GET", `${base}/actions/runs/77/artifacts?name=evidence`)).body.artifacts;
  expect(artifacts[0]).toMatchObject({
    id: stored.id,
    name: "evidence",
    digest: stored.digest,
    size_in_bytes: 2,
  });
  expect((await ask("GET", `${base}/actions/artifacts/${stored.id}`)).body.name).toBe("evidence");
  expect((await ask("GET", `${base}/actions/runs/78`)).status).toBe(404);
});

test("a pending deployment is answered by a reviewer, and by nobody else", async () => {
  const { ask, github, run } = api();
  const answers: unknown[] = [];
  const waiting = {
    environment: "production",
    waitingSince: github.state.now(),
    answer: (one: unknown) => answers.push(one),
  };
  run.pending.push(waiting);
  const [pending] = (await ask("GET", `${base}/actions/runs/77/pending_deployments`)).body;
  expect(pending).toMatchObject({ environment: { name: "production" }, current_user_can_approve: true });
  const body = { environment_ids: [pending.environment.id], state: "approved", comment: "go" };
  const stranger = github.issueToken({ permissions: all, actor: "mallory" });
  expect((await ask("POST", `${base}/actions/runs/77/pending_deployments`, body, stranger)).status).toBe(422);
  expect(answers).toEqual([]);
  expect((await ask("POST", `${base}/actions/runs/77/pending_deployments`, body)).status).toBe(200);
  expect(answers).toEqual([{ state: "approved", user: "alice", comment: "go" }]);
  run.pending.splice(0);
});
