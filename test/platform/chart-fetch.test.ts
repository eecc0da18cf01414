import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ChartRequest, fetchChart } from "../../src/platform/chart-fetch.ts";
import type { Shell } from "../../src/platform/shell.ts";
import { digestOfBytes, type FakeRegistry, fakeRegistry } from "../fakes/fake-registry.ts";

const user = "octocat";
const password = "hush-hush";
const ended = { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };

let registry: FakeRegistry;
let folder: string;
const manifest = Buffer.from('{"schemaVersion":2}');
const digest = digestOfBytes(manifest);

beforeEach(async () => {
  registry = await fakeRegistry({ auth: "basic", user, password });
  const type = "application/vnd.oci.image.manifest.v1+json";
  registry.manifests.set(digest, { type, bytes: manifest });
  registry.tags.set("1.0.0_build", digest);
  folder = mkdtempSync(join(tmpdir(), "sluice-fetch-"));
  mkdirSync(join(folder, "web"));
  writeFileSync(join(folder, "web", "Chart.yaml"), "name: web\nversion: 1.0.0\n");
});
afterEach(() => registry.close());

/** A helm that leaves an archive, and remembers how it was called. */
function fetching(more: Partial<ChartRequest> = {}, { verify = "", isUnsigned = false } = {}) {
  const own = mkdtempSync(join(folder, "own-"));
  const calls: { readonly args: readonly string[]; readonly login: string; readonly mode: number }[] = [];
  const shell: Shell = async (_program, args) => {
    if (args[0] === "verify") {
      calls.push({ args, login: "", mode: 0 });
      return verify === "" ? ended : { ...ended, exitCode: 1, stderr: verify };
    }
    const login = args[args.indexOf("--registry-config") + 1] ?? "";
    calls.push({ args, login: readFileSync(login, "utf8"), mode: statSync(login).mode & 0o777 });
    const into = args[args.indexOf("--destination") + 1] ?? "";
    const archive = join(into, args.includes("--prov") ? "web@sha256-1.tgz" : "web-1.0.0.tgz");
    execFileSync("tar", ["-czf", archive, "-C", folder, "web"]);
    if (args.includes("--prov") && !isUnsigned) writeFileSync(`${archive}.prov`, "");
    return ended;
  };
  const request: ChartRequest = {
    chart: `oci://${registry.host}/acme/charts/web`,
    version: "1.0.0+build",
    login: { credentials: { kind: "password", user, password }, host: registry.host },
    folder: own,
    helm: async () => "helm",
    ...more,
  };
  return {
    calls,
    archive: join(own, "chart", "web-1.0.0.tgz"),
    fetched: () => fetchChart(request, { runner: { env: {}, info: () => undefined }, shell }),
  };
}

test("fetchChart() resolves a version and fetches by its digest, the login in a file that only we may read", async () => {
  const { calls, archive, fetched } = fetching();
  expect(await fetched()).toEqual({ path: archive, digest });
  const [call] = calls;
  expect(call?.args[1]).toBe(`oci://${registry.host}/acme/charts/web@${digest}`);
  expect(call?.args.join(" ")).not.toContain(password);
  expect(call?.mode).toBe(0o600);
  expect(call?.login).toContain(Buffer.from(`${user}:${password}`).toString("base64"));
});

test("fetchChart() gives the login to its own host only", async () => {
  const login = { credentials: { kind: "password", user, password }, host: "ghcr.io" } as const;
  await expect(fetching({ login }).fetched()).rejects.toThrow("wants credentials");
});

test("fetchChart() verifies what is fetched under the name that its provenance knows", async () => {
  const keyring = join(folder, "ring.gpg");
  writeFileSync(keyring, "");
  const signed = fetching({ keyring });
  expect(await signed.fetched()).toEqual({ path: signed.archive, digest });
  expect(signed.calls[0]?.args).toContain("--prov");
  expect(signed.calls[1]?.args).toEqual(["verify", "--keyring", keyring, signed.archive]);
  const unknown = fetching({ keyring }, { verify: "Error: openpgp: signature made by unknown entity" });
  await expect(unknown.fetched()).rejects.toThrow(
    /^Input "chart" must be signed by a key of "chart-keyring": .* unknown entity$/,
  );
  const unsigned = fetching({ keyring }, { isUnsigned: true });
  await expect(unsigned.fetched()).rejects.toThrow("it has no provenance in the registry");
});

test.each([
  { name: "a version that is not there", more: { version: "2.0.0" }, says: "has no acme/charts/web 2.0.0" },
  {
    name: "no version",
    more: { version: undefined },
    says: '"chart-version" is required for a chart in a registry',
  },
  {
    name: "a version that is none",
    more: { version: "^1.0.0" },
    says: 'must be a version or a digest: got "^1.0.0"',
  },
  {
    name: "a keyring that is not there",
    more: { keyring: "/nowhere" },
    says: '"chart-keyring" must name a file',
  },
])("fetchChart() refuses $name", async ({ more, says }) => {
  const { calls, fetched } = fetching(more);
  await expect(fetched()).rejects.toThrow(says);
  expect(calls).toEqual([]);
});
