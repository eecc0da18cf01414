import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { textAt } from "../../src/core/json.ts";
import { parseHistory } from "../../src/domain/release/history.ts";
import type { Helm } from "../../src/platform/helm.ts";
import { clearLeft, endHelm, findHelm } from "../../src/platform/helm-lock.ts";
import type { Kubectl, KubeObject } from "../../src/platform/kubectl.ts";
import { ConflictError, ForbiddenError } from "../../src/platform/kubectl-errors.ts";

const document =
  '{"name":"web","info":{"status":"pending-upgrade","description":"Preparing upgrade"},"config":{"big":12345678901234567890},"version":2,"apply_method":"ssa"}';

function encoded(text: string): string {
  return Buffer.from(gzipSync(text).toString("base64")).toString("base64");
}

function decoded(data: string): string {
  const zipped = Buffer.from(Buffer.from(data, "base64").toString("utf8"), "base64");
  return gunzipSync(zipped).toString("utf8");
}

const secret = {
  metadata: {
    name: "sh.helm.release.v1.web.v2",
    namespace: "shop",
    resourceVersion: "5",
    managedFields: [],
    labels: { name: "web", owner: "helm", status: "pending-upgrade", version: "2", "sluice-run": "7" },
  },
  data: { release: encoded(document) },
};

interface World {
  readonly secret?: unknown;
  readonly conflicts?: number;
  readonly refuses?: Error;
  readonly rollbackFails?: true;
}

/** A cluster with one stored revision, and a Helm that only remembers what it was told. */
function clusterOf({ secret: stored, conflicts = 0, refuses, rollbackFails }: World) {
  const did: string[] = [];
  const written: KubeObject[] = [];
  let left = conflicts;
  const ran = { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };
  const kubectl = {
    get: async (kind: string, name: string) => {
      did.push(`get ${kind} ${name}`);
      if (refuses !== undefined) throw refuses;
      return stored;
    },
    replace: async (object: KubeObject) => {
      if (left-- > 0) throw new ConflictError("(Conflict)");
      written.push(object);
    },
  } as unknown as Kubectl;
  const helm = {
    history: async () => parseHistory([...upgraded, { revision: 3, status: "pending-rollback" }]),
    rollback: async (release: string, revision: number) => {
      did.push(`rollback ${release} ${revision}`);
      return rollbackFails === undefined ? ran : { ...ran, exitCode: 1, stderr: "Error: timed out" };
    },
    uninstall: async (release: string) => {
      did.push(`uninstall ${release}`);
      return ran;
    },
  } as unknown as Helm;
  return { cluster: { kubectl, helm }, did, written };
}

const upgraded = [
  { revision: 1, status: "deployed" },
  { revision: 2, status: "pending-upgrade" },
];

function release(world: World, revisions: readonly object[] = upgraded) {
  const made = clusterOf(world);
  const said = clearLeft(made.cluster, {
    release: "web",
    namespace: "shop",
    history: parseHistory(revisions),
    why: "by run 7, which has ended",
    timeoutMs: 5000,
  });
  return { ...made, said };
}

test("a pending revision is marked failed where Helm keeps it, and nothing else in it changes", async () => {
  const { said, did, written } = release({ secret, conflicts: 1 });
  expect(await said).toBe(
    "Revision 2 of web was left pending-upgrade (by run 7, which has ended): it is marked failed",
  );
  expect(did).toEqual(["get secret sh.helm.release.v1.web.v2", "get secret sh.helm.release.v1.web.v2"]);
  const [object] = written;
  expect(object).toMatchObject({
    type: "helm.sh/release.v1",
    metadata: { resourceVersion: "5", labels: { status: "failed", owner: "helm", "sluice-run": "7" } },
  });
  expect(decoded(textAt(object, "data", "release") ?? "")).toBe(
    document
      .replace('"pending-upgrade"', '"failed"')
      .replace(
        "Preparing upgrade",
        "Marked failed by sluice: left pending-upgrade, by run 7, which has ended",
      ),
  );
});

const onClient = { ...secret, data: { release: encoded(document.replace(',"apply_method":"ssa"', "")) } };

test("where Helm applies on the client, what the revision had changed is taken back: an upgrade would keep it", async () => {
  const { said, did } = release({ secret: onClient });
  expect(await said).toMatch(/it is marked failed, and what it had changed is taken back to revision 1$/);
  expect(did.at(-1)).toBe("rollback web 1");
});

test("so it is with a revision that failed and was kept", async () => {
  const failed = [
    { revision: 1, status: "deployed" },
    { revision: 2, status: "failed" },
  ];
  const text = document.replace(',"apply_method":"ssa"', "").replace("pending-upgrade", "failed");
  const client = release({ secret: { ...secret, data: { release: encoded(text) } } }, failed);
  expect(await client.said).toMatch(/was left failed: what it had changed is taken back to revision 1$/);
  const server = release(
    { secret: { ...secret, data: { release: encoded(document.replace("pending-upgrade", "failed")) } } },
    failed,
  );
  expect(await server.said).toBeUndefined();
  expect(server.did.at(-1)).toMatch(/^get/);
});

test("a rollback whose hook fails leaves no lock behind", async () => {
  const { said, did, written } = release({ secret: onClient, rollbackFails: true });
  expect(await said).toMatch(/could not be taken back: Error: timed out$/);
  expect(did.at(-1)).toBe("get secret sh.helm.release.v1.web.v3");
  expect(written).toHaveLength(2);
});

test("a revision that has come to its end meanwhile is left as it is", async () => {
  const ended = { ...secret, data: { release: encoded(document.replace("pending-upgrade", "failed")) } };
  const { said, written } = release({ secret: ended });
  await said;
  expect(written).toEqual([]);
});

test.each([
  { name: "is not one of Secrets", world: {} },
  { name: "may not be read", world: { refuses: new ForbiddenError("kubectl get secret exited with 1") } },
  { name: "cannot be understood", world: { secret: { ...secret, data: { release: "bm8=" } } } },
])("where Helm's storage $name, the release returns to what was deployed", async ({ world }) => {
  const { said, did } = release(world);
  expect(await said).toMatch(/: the release is back at revision 1$/);
  expect(did.at(-1)).toBe("rollback web 1");
});

test("without a way to mark it, a first install that never ended is removed", async () => {
  const { said, did } = release({}, [{ revision: 1, status: "pending-install" }]);
  expect(await said).toMatch(/: the release is removed$/);
  expect(did.at(-1)).toBe("uninstall web");
});

test("a release without a pending revision is left alone, and a rollback that fails is told", async () => {
  const free = release({}, [{ revision: 1, status: "deployed" }]);
  expect(await free.said).toBeUndefined();
  expect(free.did).toEqual([]);
  await expect(release({ rollbackFails: true }).said).rejects.toThrow(
    "helm rollback exited with 1: Error: timed out",
  );
});

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-helm-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function processOf(pid: string, words: readonly string[], environment: readonly string[] = []) {
  await mkdir(join(folder, pid));
  await writeFile(join(folder, pid, "cmdline"), words.map((word) => `${word}\0`).join(""));
  await writeFile(join(folder, pid, "environ"), environment.map((word) => `${word}\0`).join(""));
}

test("findHelm() sees who changes the release here, and whose it is", async () => {
  await processOf("11", ["/tools/helm", "upgrade", "--install", "-n", "shop", "web", "chart"]);
  await processOf("12", ["helm", "rollback", "-n", "other", "web", "1"]);
  await processOf("13", ["helm", "history", "-n", "shop", "web"]);
  await processOf("14", ["helm", "uninstall", "-n", "shop", "web-candidate"]);
  await processOf("15", ["node", "upgrade", "web"]);
  expect(await findHelm("web", "shop", folder)).toEqual([{ pid: 11, verb: "upgrade", isOurs: false }]);
  expect(await findHelm("web-candidate", "shop", folder)).toMatchObject([{ pid: 14, verb: "uninstall" }]);
  expect(await findHelm("web", "shop", join(folder, "nowhere"))).toEqual([]);
});

test("findHelm() knows a Helm of its own job by the run it was started in", async () => {
  const run = { GITHUB_RUN_ID: "7", GITHUB_RUN_ATTEMPT: "1", GITHUB_JOB: "deploy" };
  const before = { ...process.env };
  Object.assign(process.env, run);
  try {
    const environment = Object.entries(run).map(([name, value]) => `${name}=${value}`);
    await processOf("11", ["helm", "upgrade", "web"], environment);
    await processOf("12", ["helm", "upgrade", "web"], [...environment.slice(1), "GITHUB_RUN_ID=8"]);
    const found = await findHelm("web", "shop", folder);
    expect(found.map(({ pid, isOurs }) => `${pid} ${isOurs}`).toSorted()).toEqual(["11 true", "12 false"]);
  } finally {
    process.env = before;
  }
});

test("endHelm() interrupts, and returns when the process has ended", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"]);
  const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  await endHelm({ pid: child.pid ?? 0 });
  expect(await ended).toBe("SIGINT");
  await endHelm({ pid: child.pid ?? 0 });
});
