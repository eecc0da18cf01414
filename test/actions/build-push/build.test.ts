import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type FakeRegistry, type FakeRegistryOptions, fakeRegistry } from "../../fakes/fake-registry.ts";
import { makeWorld, onlyDigest } from "./world.ts";

const running: FakeRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

async function start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const server = await fakeRegistry(options);
  running.push(server);
  return server;
}

test("build-push builds, pushes by digest without a tag, and names what it pushed", async () => {
  const server = await start();
  const world = makeWorld();
  const { outputs, failure, evidence, left } = await world.run({
    image: `${server.host}/acme/web`,
    context: world.context,
    "build-args": "VERSION=1.2.3\nFLAGS=a=b,c",
    labels: "org.opencontainers.image.version=1.2.3",
    target: "final",
  });
  const digest = onlyDigest(server);
  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({
    verdict: "pass",
    digest,
    image: `${server.host}/acme/web@${digest}`,
    "platform-digests": JSON.stringify({ "linux/amd64": digest }),
  });
  expect([...server.tags]).toEqual([]);
  expect(JSON.parse(evidence).subject).toEqual({ digest, image: `${server.host}/acme/web@${digest}` });
  expect(left).toEqual(["sluice"]);
  const told = world.told();
  expect(told).toContain("--isolation\nchroot\n");
  expect(told).toContain("--build-arg\nFLAGS=a=b,c\n");
  expect(told).toContain("--target\nfinal\n");
  expect(told).toContain(`--label\norg.opencontainers.image.revision=${"c".repeat(40)}\n`);
  expect(told).toContain("--label\norg.opencontainers.image.version=1.2.3\n");
  expect(told).toContain("--label\norg.opencontainers.image.source=https://github.com/acme/web\n");
});

test("build-push keeps passwords and secrets out of arguments, evidence and the machine", async () => {
  const server = await start({ auth: "basic", user: "bob", password: "pass-word-1" });
  const world = makeWorld();
  const { failure, evidence, masked, left } = await world.run({
    image: `${server.host}/acme/web`,
    context: world.context,
    secrets: "npm=secret-value-1",
    "registry-username": "bob",
    "registry-password": "pass-word-1",
  });
  expect(failure).toBeUndefined();
  expect(masked).toEqual(expect.arrayContaining(["pass-word-1", "secret-value-1"]));
  expect(world.told()).not.toMatch(/pass-word-1|secret-value-1/);
  expect(evidence).not.toMatch(/pass-word-1|secret-value-1/);
  const login = Buffer.from("bob:pass-word-1").toString("base64");
  expect(world.saw()).toContain(`600\n{"auths":{"${server.host}":{"auth":"${login}"}}}`);
  expect(world.saw()).toContain("600\nsecret-value-1");
  expect(left).toEqual(["sluice"]);
});

test("build-push fails when the build says no, pushes nothing and leaves nothing", async () => {
  const server = await start();
  const world = makeWorld({ buildExit: 1 });
  const { outputs, reasons, failure, left } = await world.run({
    image: `${server.host}/acme/web`,
    context: world.context,
  });
  expect(outputs).toMatchObject({ verdict: "fail", digest: "" });
  expect(reasons).toEqual(["buildah bud exited with 1: Error: building at STEP RUN false: exit status 1"]);
  expect(failure).toMatch(/^fail: buildah bud exited with 1/);
  expect(server.manifests.size).toBe(0);
  expect(left).toEqual(["sluice"]);
});

test.each([
  {
    name: "refused credentials",
    options: { auth: "basic", user: "bob", password: "right" },
    inputs: { "registry-username": "bob", "registry-password": "wrong" },
    says: /^127\.0\.0\.1:\d+ refused user "bob" for acme\/web: 401 UNAUTHORIZED: told to$/,
  },
  {
    name: "missing credentials",
    options: { auth: "token", user: "bob", password: "right" },
    inputs: {},
    says: /wants credentials for acme\/web and none were given: set registry-username and registry-password$/,
  },
  {
    name: "a right to read only",
    options: { readOnly: true },
    inputs: { "registry-username": "bob", "registry-password": "right" },
    says: /refused user "bob" for acme\/web: 403 DENIED: told to$/,
  },
] as const)("build-push says $name before it builds", async ({ options, inputs, says }) => {
  const server = await start(options);
  const world = makeWorld();
  const ran = await world.run({ image: `${server.host}/acme/web`, context: world.context, ...inputs });
  expect(ran.outputs.verdict).toBe("inconclusive");
  expect(ran.reasons).toEqual([expect.stringMatching(says)]);
  expect(ran.failure).toMatch(says);
  expect(() => world.told()).toThrow(/ENOENT/);
});

test("build-push names a registry that does not answer before it builds", async () => {
  const server = await start();
  const world = makeWorld();
  await server.close();
  const { reasons } = await world.run({ image: `${server.host}/acme/web`, context: world.context });
  expect(reasons).toEqual([expect.stringMatching(/^POST http:.* got no answer: .*ECONNREFUSED/)]);
  expect(() => world.told()).toThrow(/ENOENT/);
});

test.each([
  {
    name: "a context that is not there",
    inputs: (context: string) => ({ context: join(context, "nowhere") }),
    says: /^Input "context" must be a folder: got ".*nowhere"$/,
  },
  {
    name: "a context that is a file",
    inputs: (context: string) => ({ context: join(context, "Dockerfile") }),
    says: /^Input "context" must be a folder: got ".*Dockerfile"$/,
  },
  {
    name: "a file that is not there",
    inputs: (context: string) => ({ context, file: join(context, "Other") }),
    says: /^Input "file" must be a Dockerfile, seen from the working directory: got ".*Other"$/,
  },
  {
    name: "a file that is a folder",
    inputs: (context: string) => ({ context, file: context }),
    says: /^Input "file" must be a Dockerfile/,
  },
])("build-push refuses $name before it asks the registry", async ({ inputs, says }) => {
  const server = await start();
  const world = makeWorld();
  const ran = await world.run({ image: `${server.host}/acme/web`, ...inputs(world.context) });
  expect(ran.reasons).toEqual([expect.stringMatching(says)]);
  expect(ran.failure).toMatch(says);
  expect(server.asked).toEqual([]);
});

test("build-push takes a Containerfile where there is no Dockerfile, and says when there is neither", async () => {
  const server = await start();
  const world = makeWorld();
  rmSync(join(world.context, "Dockerfile"));
  const inputs = { image: `${server.host}/acme/web`, context: world.context };
  expect((await world.run(inputs)).reasons).toEqual([
    expect.stringMatching(/^Input "context" must hold a Dockerfile or "file" must name one/),
  ]);
  writeFileSync(join(world.context, "Containerfile"), "FROM scratch\n");
  expect((await world.run(inputs)).failure).toBeUndefined();
});

test("build-push says that the builder is missing before it asks the registry", async () => {
  const server = await start();
  const world = makeWorld({ noBuilder: true });
  const { reasons } = await world.run({ image: `${server.host}/acme/web`, context: world.context });
  expect(reasons).toEqual([expect.stringMatching(/^buildah was not found/)]);
  expect(server.asked).toEqual([]);
});
