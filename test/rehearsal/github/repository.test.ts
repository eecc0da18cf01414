import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { base, type Reply, useApi } from "./api.ts";

const api = useApi();

test("GET repository", async () => {
  const { ask } = api();
  expect((await ask("GET", base)).body).toMatchObject({ full_name: "acme/web", default_branch: "main" });
});

test("deployments carry statuses, and a success retires the older one", async () => {
  const { ask, sha } = api();
  const deploy = {
    ref: sha,
    environment: "production",
    auto_merge: false,
    required_contexts: [],
    production_environment: true,
  };
  const first = (await ask("POST", `${base}/deployments`, deploy)).body;
  const second = (await ask("POST", `${base}/deployments`, deploy)).body;
  expect(first).toMatchObject({ sha, environment: "production", creator: { login: "alice" } });
  for (const one of [first, second]) {
    const made = await ask("POST", `${base}/deployments/${one.id}/statuses`, {
      state: "success",
      log_url: "https://example.com/1",
    });
    expect(made.status).toBe(201);
  }
  const statuses = (await ask("GET", `${base}/deployments/${first.id}/statuses`)).body;
  expect(statuses.map((one: Reply) => one.state)).toEqual(["inactive", "success"]);
  expect((await ask("GET", `${base}/deployments/${second.id}`)).body.id).toBe(second.id);
  expect((await ask("GET", `${base}/deployments?environment=production&per_page=1`)).body[0].id).toBe(
    second.id,
  );
  expect((await ask("GET", `${base}/deployments?environment=staging`)).body).toEqual([]);
  expect((await ask("POST", `${base}/deployments/${first.id}/statuses`, { state: "great" })).status).toBe(
    422,
  );
  expect((await ask("POST", `${base}/deployments`, {})).status).toBe(422);
});

test("commits, comparisons and refs come from the git folder", async () => {
  const { ask, parent, sha } = api();
  expect((await ask("GET", `${base}/commits/main`)).body).toMatchObject({
    sha,
    commit: { message: "two" },
    parents: [{ sha: parent }],
  });
  expect((await ask("GET", `${base}/commits/ghost`)).status).toBe(422);
  const ahead = (await ask("GET", `${base}/compare/${parent}...main`)).body;
  expect(ahead).toMatchObject({
    status: "ahead",
    ahead_by: 1,
    behind_by: 0,
    files: [{ filename: "a.txt", changes: 2 }],
  });
  expect((await ask("GET", `${base}/compare/main...${parent}`)).body.status).toBe("behind");
  expect((await ask("GET", `${base}/git/ref/heads/main`)).body.object.sha).toBe(sha);
  expect((await ask("GET", `${base}/git/ref/heads/ghost`)).status).toBe(404);
  expect((await ask("POST", `${base}/git/refs`, { ref: "refs/tags/v1", sha })).status).toBe(201);
  expect((await ask("POST", `${base}/git/refs`, { ref: "refs/tags/v1", sha })).status).toBe(422);
  expect((await ask("GET", `${base}/git/ref/tags/v1`)).body.object.sha).toBe(sha);
});

test("SARIF uploads are read", async () => {
  const { ask, github, sha } = api();
  const results = [{ message: { text: "x" } }, { message: { text: "y" } }];
  const sarif = (value: unknown) => gzipSync(JSON.stringify(value)).toString("base64");
  const base64 = sarif({ version: "2.1.0", runs: [{ results }] });
  const upload = { commit_sha: sha, ref: "refs/heads/main", sarif: base64 };
  const { status, body } = await ask("POST", `${base}/code-scanning/sarifs`, upload);
  expect(status).toBe(202);
  expect((await ask("GET", `${base}/code-scanning/sarifs/${body.id}`)).body.processing_status).toBe(
    "complete",
  );
  expect(github.state.sarifs[0]?.results).toBe(2);
  const many = sarif({ version: "2.1.0", runs: Array.from({ length: 21 }, () => ({ results: [] })) });
  const refused = (await ask("POST", `${base}/code-scanning/sarifs`, { ...upload, sarif: many })).body;
  const answer = (await ask("GET", `${base}/code-scanning/sarifs/${refused.id}`)).body;
  expect(answer).toMatchObject({ processing_status: "failed", errors: ["21 runs exceed 20"] });
  expect((await ask("POST", `${base}/code-scanning/sarifs`, { ...upload, ref: "main" })).status).toBe(422);
});

test("issues are made, listed, changed and commented", async () => {
  const { ask } = api();
  const { body, status } = await ask("POST", `${base}/issues`, {
    title: "Backup drill failed",
    body: "why",
    labels: ["backup"],
  });
  expect([status, body.number, body.state]).toEqual([201, 1, "open"]);
  expect((await ask("GET", `${base}/issues?labels=backup&state=open`)).body).toHaveLength(1);
  expect((await ask("GET", `${base}/issues?labels=other`)).body).toHaveLength(0);
  expect((await ask("POST", `${base}/issues/1/comments`, { body: "again" })).status).toBe(201);
  expect((await ask("GET", `${base}/issues/1/comments`)).body[0].body).toBe("again");
  expect((await ask("PATCH", `${base}/issues/1`, { state: "closed", title: "Solved" })).body).toMatchObject({
    state: "closed",
    title: "Solved",
  });
  expect((await ask("GET", `${base}/issues/1`)).body.comments).toBe(1);
  expect((await ask("POST", `${base}/issues`, { body: "no title" })).status).toBe(422);
});
