import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseDigest } from "../../src/domain/image/digest.ts";
import { parseReference } from "../../src/domain/image/reference.ts";
import { http } from "../../src/platform/http.ts";
import { registry } from "../../src/platform/registry.ts";
import type { Credentials } from "../../src/platform/registry-auth.ts";
import { type FakeRegistry, type FakeRegistryOptions, fakeRegistry } from "../fakes/fake-registry.ts";
import { writeLayout } from "../fakes/oci-layout.ts";

const running: FakeRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

const bob: Credentials = { kind: "password", user: "bob", password: "right" };
const nobody = parseDigest(`sha256:${"0".repeat(64)}`);

test.each(["none", "basic", "token"] as const)(
  "registry().pushLayout() pushes by digest with %s auth",
  async (auth) => {
    const { server, client, image } = await start({ auth, user: "bob", password: "right" }, bob);
    const { folder, digest } = layout();
    await client.checkPush(image);
    expect(await client.pushLayout(image, folder)).toBe(digest);
    expect(await client.has(image, digest)).toBe(true);
    expect(await client.platforms(image, digest)).toEqual({ "linux/amd64": digest });
    expect([...server.tags]).toEqual([]);
  },
);

test("registry().pushLayout() does not send what is there", async () => {
  const { server, client, image } = await start();
  const { folder } = layout();
  await client.pushLayout(image, folder);
  server.asked.length = 0;
  await client.pushLayout(image, folder);
  expect(server.asked.filter((one) => one.startsWith("PATCH"))).toEqual([]);
});

test("registry().pushLayout() tries a busy registry again", async () => {
  const { client, image } = await start({ busyUploads: 1 });
  const { folder, digest } = layout();
  expect(await client.pushLayout(image, folder)).toBe(digest);
});

test("registry().pushLayout() refuses a file that is not what its digest says", async () => {
  const { client, image } = await start();
  const { folder, digest } = layout();
  const { config } = JSON.parse(
    String((await import("node:fs")).readFileSync(join(folder, "blobs", ...digest.split(":")))),
  );
  writeFileSync(join(folder, "blobs", ...config.digest.split(":")), "tampered");
  await expect(client.pushLayout(image, folder)).rejects.toThrow(/DIGEST_INVALID/);
});

test("registry().tag() moves a tag once and leaves it alone afterwards", async () => {
  const { server, client, image } = await start();
  const { folder, digest } = layout();
  await client.pushLayout(image, folder);
  expect(await client.tag(image, digest, "v1")).toBe("moved");
  expect(await client.tag(image, digest, "v1")).toBe("already there");
  expect(server.tags.get("v1")).toBe(digest);
  expect((await client.resolve({ ...image, tag: "v1" }))?.digest).toBe(digest);
});

test("registry().tag() does not believe a registry that leaves the tag where it was", async () => {
  const { client, image } = await start({ stuckTags: true });
  const { folder, digest } = layout();
  await client.pushLayout(image, folder);
  await expect(client.tag(image, digest, "v1")).rejects.toThrow(
    /accepted tag v1, which then pointed to nothing/,
  );
});

test("registry().manifest() refuses bytes that the digest is not of", async () => {
  const { client, image } = await start({ corrupt: true });
  const { folder, digest } = layout();
  await client.pushLayout(image, folder);
  await expect(client.manifest(image, digest)).rejects.toThrow(/answered sha256:\w+ when asked for sha256:/);
});

test("registry().resolve() is undefined for what is not there", async () => {
  const { client, image } = await start();
  expect(await client.resolve({ ...image, tag: "v9" })).toBeUndefined();
  expect(await client.has(image, nobody)).toBe(false);
  await expect(client.manifest(image, nobody)).rejects.toThrow(/has no image sha256:0/);
});

test.each([
  {
    name: "basic with a wrong password",
    options: { auth: "basic" },
    who: { ...bob, password: "wrong" },
    says: /refused user "bob" for acme\/web: 401 UNAUTHORIZED/,
  },
  {
    name: "token with a wrong password",
    options: { auth: "token" },
    who: { ...bob, password: "wrong" },
    says: /refused user "bob" for acme\/web: 401 UNAUTHORIZED/,
  },
  {
    name: "no credentials",
    options: { auth: "basic" },
    who: undefined,
    says: /wants credentials for acme\/web and none were given/,
  },
  {
    name: "a right to read only",
    options: { auth: "basic", readOnly: true },
    who: bob,
    says: /refused user "bob" for acme\/web: 403 DENIED/,
  },
] as const)("registry().checkPush() refuses $name", async ({ options, who, says }) => {
  const { client, image } = await start({ user: "bob", password: "right", ...options }, who);
  await expect(client.checkPush(image)).rejects.toThrow(says);
});

test("registry().checkPush() names a registry that does not answer", async () => {
  const { server, client, image } = await start();
  await server.close();
  await expect(client.checkPush(image)).rejects.toThrow(/got no answer: .*ECONNREFUSED/);
});

async function start(options: FakeRegistryOptions = {}, who?: Credentials) {
  const server = await fakeRegistry(options);
  running.push(server);
  const client = registry({ http, credentials: async () => who });
  return { server, client, image: parseReference(`${server.host}/acme/web`) };
}

function layout() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-layout-"));
  return { folder, digest: parseDigest(writeLayout(folder)) };
}
