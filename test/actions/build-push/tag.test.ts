import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type FakeRegistry, type FakeRegistryOptions, fakeRegistry } from "../../fakes/fake-registry.ts";
import { makeWorld, onlyDigest } from "./world.ts";

const other = `sha256:${"9".repeat(64)}`;
const running: FakeRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

/** A registry with one image that was built. */
async function start(options: FakeRegistryOptions = {}) {
  const server = await fakeRegistry(options);
  running.push(server);
  const world = makeWorld();
  const image = `${server.host}/acme/web`;
  await world.run({ image, context: world.context });
  return { server, world, image, digest: onlyDigest(server) };
}

test("build-push gives tags to a digest that its evidence vouches for", async () => {
  const { server, world, image, digest } = await start();
  const evidence = writeEvidence({ digest, action: "security-scan", verdict: "pass" });
  const ran = await world.run({ image, digest, tags: "v1, latest", evidence, require: "security-scan" });
  expect(ran.failure).toBeUndefined();
  expect(Object.fromEntries(server.tags)).toEqual({ v1: digest, latest: digest });
  expect(ran.outputs).toMatchObject({
    verdict: "pass",
    digest,
    image: `${image}@${digest}`,
    tags: `${image}:v1\n${image}:latest`,
    "platform-digests": JSON.stringify({ "linux/amd64": digest }),
  });
  expect(JSON.parse(ran.outputs.metadata ?? "").tags).toEqual({ v1: "moved", latest: "moved" });
});

test.each([
  {
    name: "evidence of another digest",
    evidence: { digest: other, action: "security-scan", verdict: "pass" },
    verdict: "fail",
    says: /^Evidence of security-scan names sha256:9+, not sha256:/,
  },
  {
    name: "a gate that failed",
    evidence: { action: "security-scan", verdict: "fail" },
    verdict: "fail",
    says: /^security-scan did not pass for sha256:\w+: its verdict is fail/,
  },
  {
    name: "evidence of other gates only",
    evidence: { action: "smoke-test", verdict: "pass" },
    verdict: "inconclusive",
    says: /^No evidence of security-scan names sha256:/,
  },
])("build-push does not tag with $name", async ({ evidence, verdict, says }) => {
  const { server, world, image, digest } = await start();
  const file = writeEvidence({ digest, ...evidence });
  const ran = await world.run({ image, digest, tags: "v1", evidence: file, require: "security-scan" });
  expect(ran.outputs).toMatchObject({ verdict, tags: "" });
  expect(ran.reasons).toContainEqual(expect.stringMatching(says));
  expect(ran.failure).toBeDefined();
  expect([...server.tags]).toEqual([]);
});

test.each([
  { name: "a digest that is not there", inputs: { digest: other }, says: /has no image sha256:9/ },
  { name: "evidence that is not there", inputs: { evidence: "/nowhere/*.json" }, says: /nothing matches/ },
])("build-push does not tag with $name", async ({ says, inputs }) => {
  const { server, world, image, digest } = await start();
  const ran = await world.run({ image, digest, tags: "v1", ...inputs });
  expect(ran.outputs.verdict).toBe("inconclusive");
  expect(ran.reasons).toEqual([expect.stringMatching(says)]);
  expect(ran.failure).toMatch(says);
  expect([...server.tags]).toEqual([]);
});

test("build-push does not believe a registry that leaves the tag where it was", async () => {
  const { world, image, digest } = await start({ stuckTags: true });
  const ran = await world.run({ image, digest, tags: "v1" });
  expect(ran.outputs.verdict).toBe("inconclusive");
  expect(ran.reasons).toEqual([expect.stringMatching(/which then pointed to nothing instead of sha256:/)]);
});

function writeEvidence(given: {
  readonly digest: string;
  readonly action: string;
  readonly verdict: string;
}): string {
  const file = join(mkdtempSync(join(tmpdir(), "sluice-evidence-")), "scan.json");
  const run = {
    repository: "acme/web",
    commit: "c",
    runId: "1",
    attempt: 1,
    job: "scan",
    actor: "a",
    url: "u",
  };
  const { digest, action, verdict } = given;
  const times = { startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z" };
  const judged = { action, verdict, reasons: verdict === "pass" ? [] : ["2 critical findings"] };
  const evidence = {
    schema: "sluice.evidence/v1",
    ...judged,
    subject: { digest },
    run,
    ...times,
    details: {},
  };
  writeFileSync(file, JSON.stringify(evidence));
  return file;
}
