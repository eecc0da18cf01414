import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { findRoute } from "../../../src/rehearsal/github/router.ts";
import { routes } from "../../../src/rehearsal/github/server.ts";
import { trimDescription, trimmedPath } from "../../../src/rehearsal/github/trim-openapi.ts";
import { all, base, useApi } from "./api.ts";
import { faultsOf } from "./description.ts";

const api = useApi();

test.each([
  { name: "no token", permissions: undefined, path: base, status: 401 },
  { name: "a token without actions", permissions: {}, path: `${base}/environments`, status: 403 },
  {
    name: "a token that may only read",
    permissions: { deployments: "read" },
    path: `${base}/deployments`,
    method: "POST",
    status: 403,
  },
  { name: "another repository", permissions: all, path: "/repos/acme/other", status: 404 },
  { name: "a path nobody knows", permissions: all, path: `${base}/nothing`, status: 404 },
] as const)("$name is answered with $status", async ({ permissions, path, status, ...rest }) => {
  const { github } = api();
  const as = permissions === undefined ? "ghs_wrong" : github.issueToken({ permissions, actor: "x" });
  const method = "method" in rest ? rest.method : "GET";
  const response = await fetch(`${github.apiUrl}${path}`, {
    method,
    headers: { authorization: `token ${as}` },
  });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ message: expect.any(String), status: String(status) });
});

test("a revoked token is refused", async () => {
  const { github } = api();
  const short = github.issueToken({ permissions: all, actor: "x" });
  github.revokeToken(short);
  const headers = { authorization: `Bearer ${short}` };
  expect((await fetch(`${github.apiUrl}${base}`, { headers })).status).toBe(401);
});

test("every endpoint answers in the way GitHub's description says", async () => {
  const { ask, github, run, root, sha, parent } = api();
  const stored = github.artifacts.save({
    ...{ runId: run.id, name: "evidence", root, files: ["a.txt"], retentionDays: 35, overwrite: false },
  });
  run.pending.push({ environment: "production", waitingSince: github.state.now(), answer: () => {} });
  const production = (await ask("GET", `${base}/environments/production`)).body.id;
  const sarif = gzipSync('{"version":"2.1.0","runs":[]}').toString("base64");
  const made = {
    deployment: (await ask("POST", `${base}/deployments`, { ref: sha })).body.id,
    sarif: (
      await ask("POST", `${base}/code-scanning/sarifs`, { commit_sha: sha, ref: "refs/heads/main", sarif })
    ).body.id,
    issue: (await ask("POST", `${base}/issues`, { title: "t" })).body.number,
  };
  const runs = `${base}/actions/runs`;
  const asked: readonly (readonly [method: string, path: string, body?: unknown])[] = [
    ["GET", base],
    ["GET", `${base}/commits/${sha}`],
    ["GET", `${base}/compare/${parent}...${sha}`],
    ["GET", `${base}/git/ref/heads/main`],
    ["POST", `${base}/git/refs`, { ref: "refs/tags/v1", sha }],
    ["GET", `${base}/environments`],
    ["GET", `${base}/environments/production`],
    ["GET", `${base}/environments/production/deployment-branch-policies`],
    ["GET", `${base}/environments/odd/deployment_protection_rules`],
    ["GET", runs],
    ...["", "/approvals", "/pending_deployments", "/jobs", "/attempts/1/jobs", "/artifacts"].map(
      (end) => ["GET", `${runs}/77${end}`] as const,
    ),
    [
      "POST",
      `${runs}/77/pending_deployments`,
      { environment_ids: [production], state: "approved", comment: "" },
    ],
    ["GET", `${base}/actions/artifacts/${stored.id}`],
    ["GET", `${base}/deployments`],
    ["POST", `${base}/deployments`, { ref: sha, description: "d" }],
    ["GET", `${base}/deployments/${made.deployment}`],
    [
      "POST",
      `${base}/deployments/${made.deployment}/statuses`,
      { state: "success", log_url: "https://example.com" },
    ],
    ["GET", `${base}/deployments/${made.deployment}/statuses`],
    ["POST", `${base}/code-scanning/sarifs`, { commit_sha: sha, ref: "refs/heads/main", sarif }],
    ["GET", `${base}/code-scanning/sarifs/${made.sarif}`],
    ["GET", `${base}/issues`],
    ["POST", `${base}/issues`, { title: "again", labels: ["a"] }],
    ["GET", `${base}/issues/${made.issue}`],
    ["PATCH", `${base}/issues/${made.issue}`, { state: "closed" }],
    ["POST", `${base}/issues/${made.issue}/comments`, { body: "c" }],
    ["GET", `${base}/issues/${made.issue}/comments`],
  ];
  const reached = new Set<unknown>();
  for (const [method, path, body] of asked) {
    const { status } = await ask(method, path, body);
    expect(`${status < 300} ${method} ${path}`).toBe(`true ${method} ${path}`);
    reached.add(findRoute(routes, method, path)?.route);
  }
  expect(
    routes.filter((route) => !reached.has(route)).map(({ method, path }) => `${method} ${path}`),
  ).toEqual([]);
});

test("the check itself sees a wrong answer and a wrong question", () => {
  const path = "/repos/{owner}/{repo}/environments/{environment_name}";
  const good = { method: "GET", path, query: new URLSearchParams(), body: undefined, status: 404 };
  const answer = { message: "Not Found", documentation_url: "https://docs.github.com/rest", status: "404" };
  expect(faultsOf({ ...good, answer })).toEqual([]);
  expect(faultsOf({ ...good, answer: { message: 7 } })).toEqual(["answer/message must be string"]);
  expect(faultsOf({ ...good, status: 200, answer }).length).toBeGreaterThan(0);
  const query = new URLSearchParams({ colour: "red" });
  expect(faultsOf({ ...good, answer, query })).toEqual(["query parameter colour is not described"]);
  expect(faultsOf({ ...good, answer, path: "/nothing" })).toEqual(["GET /nothing is not described"]);
});

test("the trimmed description is what npm has", () => {
  // Written by: node src/rehearsal/github/trim-openapi.ts
  expect(JSON.parse(readFileSync(trimmedPath, "utf8"))).toEqual(trimDescription());
});
