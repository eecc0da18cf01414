import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPush } from "../../src/actions/build-push/main.ts";
import { runAction } from "../../src/platform/action.ts";
import { type FakeRunner, fakeRunner } from "../fakes/fake-runner.ts";

/** The real builder and the real registry, which npm does not bring: found on PATH, or the tests are skipped. */
const missing = ["buildah", "docker-registry"].filter(
  (name) => spawnSync(name, ["--version"]).error !== undefined,
);
const onRealParts = test.skipIf(missing.length > 0);
if (missing.length > 0) console.log(`skipped: ${missing.join(" and ")} not on PATH`);

const root = mkdtempSync(join(tmpdir(), "sluice-e2e-build-"));
const login = { "registry-username": "bob", "registry-password": "right" };
// bcrypt of "right", the only form that this registry reads.
const passwords = "bob:$2y$04$abcdefghijklmnopqrstuuFmEfrkTQnczNzw475xE2VhDrK1uwJiC\n";
let host = "";
let server: ChildProcess | undefined;

beforeAll(async () => {
  if (missing.length > 0) return;
  host = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(root, "htpasswd"), passwords);
  const config = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(root, "registry") } },
    http: { addr: host },
    auth: { htpasswd: { realm: "e2e", path: join(root, "htpasswd") } },
  };
  writeFileSync(join(root, "registry.json"), JSON.stringify(config));
  server = spawn("docker-registry", ["serve", join(root, "registry.json")], { stdio: "ignore" });
  while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 100));
}, 30_000);

afterAll(() => {
  server?.kill();
  rmSync(root, { recursive: true, force: true });
});

onRealParts(
  "the same commit builds the same digest, which has no tag until evidence vouches for it",
  async () => {
    const context = makeCommit("app", "FROM scratch\nARG VERSION\nCOPY . /\nENV VERSION=$VERSION\n");
    const image = `${host}/acme/web`;
    const build = { image, context, "build-args": "VERSION=1.2.3", ...login };
    const first = await run(build);
    const second = await run(build);
    expect(first.failure()).toBeUndefined();
    expect(second.outputs.digest).toBe(first.outputs.digest);
    expect(JSON.parse(first.outputs["platform-digests"] ?? "")).toEqual({
      [`linux/${process.arch === "x64" ? "amd64" : process.arch}`]: first.outputs.digest,
    });
    expect(await tags("acme/web")).toEqual([]);

    const { digest = "", report = "" } = first.outputs;
    const tagging = { image, tags: "v1,latest", evidence: report, require: "build-push", ...login };
    const swapped = await run({ ...tagging, digest: `sha256:${"9".repeat(64)}` });
    expect(swapped.outputs.verdict).toBe("fail");
    expect(await tags("acme/web")).toEqual([]);
    const tagged = await run({ ...tagging, digest });
    expect(tagged.outputs.verdict).toBe("pass");
    expect(await tags("acme/web")).toEqual(["latest", "v1"]);
  },
);

onRealParts("a base image comes from a registry on this machine that wants a password", async () => {
  const base = `${host}/base/empty`;
  const built = await run({
    image: base,
    context: makeCommit("base", "FROM scratch\nCOPY . /base\n"),
    ...login,
  });
  const context = makeCommit("on-base", "ARG BASE=docker.io/library/node:24\nFROM ${BASE}\nCOPY . /app\n");
  const by = `BASE=${base}@${built.outputs.digest}`;
  const ran = await run({ image: `${host}/acme/on-base`, context, "build-args": by, ...login });
  expect(ran.failure()).toBeUndefined();
  expect(JSON.parse(ran.outputs.metadata ?? "").layers).toBe(2);
});

onRealParts("a wrong password is one sentence, before anything is built", async () => {
  const context = makeCommit("wrong", "FROM scratch\nCOPY . /\n");
  const image = `${host}/acme/web`;
  const ran = await run({ image, context, ...login, "registry-password": "wrong" });
  expect(ran.failure()).toMatch(/^127\.0\.0\.1:\d+ refused user "bob" for acme\/web: 401 UNAUTHORIZED/);
  expect(ran.said.join("\n")).not.toMatch(/STEP/);
});

onRealParts("a build that fails says what its last lines said", async () => {
  const context = makeCommit("broken", "FROM scratch\nCOPY not-there /\n");
  const ran = await run({ image: `${host}/acme/web`, context, ...login });
  expect(ran.outputs.verdict).toBe("fail");
  expect(ran.failure()).toMatch(/^fail: buildah bud exited with \d+: .*not-there/);
});

async function run(inputs: Readonly<Record<string, string>>): Promise<FakeRunner> {
  const runner = fakeRunner("build-push", inputs);
  await runAction("build-push", runner, buildPush);
  return runner;
}

/** A git repository with one commit that holds a Dockerfile and a file. */
function makeCommit(name: string, dockerfile: string): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "Dockerfile"), dockerfile);
  writeFileSync(join(folder, ".dockerignore"), ".git\n");
  writeFileSync(join(folder, "hello.txt"), "hello\n");
  const git = (...args: string[]) => spawnSync("git", ["-C", folder, ...args]);
  git("init", "-q");
  git("add", "-A");
  git("-c", "user.name=e2e", "-c", "user.email=e2e@localhost", "commit", "-qm", "First");
  return folder;
}

async function tags(repository: string): Promise<readonly string[]> {
  const authorization = `Basic ${Buffer.from("bob:right").toString("base64")}`;
  const answer = await fetch(`http://${host}/v2/${repository}/tags/list`, { headers: { authorization } });
  const { tags: names } = (await answer.json()) as { tags?: string[] | null };
  return (names ?? []).toSorted();
}

async function isUp(): Promise<boolean> {
  return fetch(`http://${host}/v2/`).then(
    (answer) => answer.status === 401,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
