import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readInputs } from "../../../src/actions/helm-deploy/inputs.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const digest = `sha256:${"a".repeat(64)}`;
const image = `ghcr.io/acme/web@${digest}`;
const traffic =
  "provider: gateway\nroute: {kind: HTTPRoute, name: web}\nstable: {service: web, port: 80}\ncandidate: {service: web-candidate, port: 80}";
const good = {
  release: "web",
  namespace: "production",
  chart: "chart",
  image,
  kubeconfig: "apiVersion: v1\nkind: Config",
};

const read = (given: Readonly<Record<string, string>>) =>
  readInputs(fakeRunner("helm-deploy", { ...good, ...given }));

test("readInputs() reads a small deploy with its defaults", async () => {
  expect(await read({})).toMatchObject({
    phase: "deploy",
    strategy: "rolling",
    release: "web",
    namespace: "production",
    timeoutMs: 600_000,
    onFailure: "rollback",
    approval: "required",
    set: {},
    values: [],
    images: [{ digest }],
  });
});

test("readInputs() reads several images, values and a candidate's own", async () => {
  const inputs = await read({
    image: `api.image: ${image}\nproxy.image: ghcr.io/acme/proxy@${digest}`,
    values: "a.yaml\nb.yaml",
    set: "replicas: 3",
    "candidate-set": "track: candidate",
    strategy: "canary",
    traffic,
  });
  expect(inputs.images.map(({ valuesPath }) => valuesPath)).toEqual(["api.image", "proxy.image"]);
  expect(inputs).toMatchObject({
    values: ["a.yaml", "b.yaml"],
    set: { replicas: 3 },
    candidateSet: { track: "candidate" },
  });
  expect(inputs.traffic?.candidate.service).toBe("web-candidate");
});

test("readInputs() gives a pair of colours a Service of its own where no front is named", async () => {
  const inputs = await read({ strategy: "blue-green", phase: "promote", chart: "" });
  expect(inputs.traffic).toMatchObject({
    provider: "service",
    route: { kind: "Service", name: "web" },
    stable: { service: "web-blue" },
    candidate: { service: "web-green" },
  });
  expect(inputs.trafficText).toContain("provider: service");
  const routed = await read({ strategy: "blue-green", traffic });
  expect(routed.traffic?.provider).toBe("gateway");
});

describe("readInputs() refuses in one sentence", () => {
  test.each([
    { name: "no release", given: { release: "" }, says: 'Input "release" is required: got nothing' },
    {
      name: "a release Helm would refuse",
      given: { release: "Web_1" },
      says: 'Input "release" must be lower case letters, digits and hyphens, at most 53 for rolling: got "Web_1"',
    },
    {
      name: "a release too long for a candidate",
      given: { release: "w".repeat(44), strategy: "canary", traffic },
      says: "at most 43 for canary",
    },
    { name: "no namespace", given: { namespace: "" }, says: 'Input "namespace" is required: got nothing' },
    {
      name: "a namespace that is none",
      given: { namespace: "Prod" },
      says: 'Input "namespace" must be a Kubernetes namespace such as web-production: got "Prod"',
    },
    {
      name: "an unknown phase",
      given: { phase: "ship" },
      says: 'Input "phase" must be one of plan, deploy, promote, abort, finish: got "ship"',
    },
    {
      name: "an unknown strategy",
      given: { strategy: "teleport" },
      says: 'Input "strategy" must be one of rolling, recreate, blue-green, canary: got "teleport"',
    },
    {
      name: "no chart",
      given: { chart: "" },
      says: 'Input "chart" is required for phase deploy: got nothing',
    },
    {
      name: "no image",
      given: { image: "" },
      says: 'Input "image" is required for phase deploy: got nothing',
    },
    {
      name: "an image by tag",
      given: { image: "ghcr.io/acme/web:1" },
      says: 'Input "image" must name the image by digest (…@sha256:…), or "mutable-tags" must be resolve: got "ghcr.io/acme/web:1"',
    },
    {
      name: "an image with a broken digest",
      given: { image: "ghcr.io/acme/web@sha256:12" },
      says: "Image digest must be sha256: and 64 hex digits",
    },
    {
      name: "a list of images",
      given: { image: `- ${image}\n- ${image}` },
      says: 'Input "image" must be an image or a YAML mapping: got a list',
    },
    {
      name: "values that are no mapping",
      given: { set: "- a" },
      says: 'Input "set" must be a YAML mapping: got a list',
    },
    { name: "values that are no YAML", given: { set: "a: [" }, says: 'Input "set" must be YAML: ' },
    {
      name: "a canary without traffic",
      given: { strategy: "canary" },
      says: 'Input "traffic" is required for strategy canary: got nothing',
    },
    {
      name: "one service for both",
      given: { strategy: "canary", traffic: traffic.replace("web-candidate", "web") },
      says: "traffic",
    },
    {
      name: "a promotion without a canary",
      given: { phase: "promote" },
      says: 'Input "phase" promote is for strategies canary and blue-green: got rolling',
    },
    {
      name: "a timeout that is none",
      given: { timeout: "soon" },
      says: 'Input "timeout" must be a duration',
    },
    {
      name: "a timeout of a day",
      given: { timeout: "1d" },
      says: 'Input "timeout" must be from 5s to 1h: got "1d"',
    },
    {
      name: "an unknown on-failure",
      given: { "on-failure": "pray" },
      says: 'Input "on-failure" must be one of rollback, keep: got "pray"',
    },
    {
      name: "a boolean that is none",
      given: { "create-namespace": "maybe" },
      says: 'Input "create-namespace" must be true or false: got "maybe"',
    },
    {
      name: "an unknown approval",
      given: { approval: "later" },
      says: 'Input "approval" must be one of required, none: got "later"',
    },
    {
      name: "an environment nobody can be asked about",
      given: { environment: "production" },
      says: 'Input "github-token" is required to see that the environment asks for approval',
    },
    {
      name: "gates without evidence",
      given: { require: "security-scan" },
      says: 'Input "evidence" is required with "require": got nothing',
    },
    {
      name: "half a login",
      given: { "registry-username": "bob" },
      says: 'Input "registry-password" is required with "registry-username"',
    },
    {
      name: "two ways into the cluster",
      given: { server: "https://k8s.test" },
      says: 'Inputs "kubeconfig" and "server" exclude each other: got both',
    },
    {
      name: "a server without an audience",
      given: { kubeconfig: "", server: "https://k8s.test" },
      says: 'Input "oidc-audience" is required with "server": got nothing',
    },
    {
      name: "a server over http",
      given: { kubeconfig: "", server: "http://k8s.test", "oidc-audience": "k" },
      says: 'Input "server" must be an https URL: got "http://k8s.test"',
    },
    {
      name: "an audience without a server",
      given: { "oidc-audience": "k" },
      says: 'Input "oidc-audience" needs "server": got no server',
    },
  ])("$name", async ({ given, says }) => {
    const refused = read(given);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(says);
  });

  test("no way into the cluster at all", async () => {
    const runner = fakeRunner("helm-deploy", { ...good, kubeconfig: "" });
    const { KUBECONFIG: _none, ...env } = runner.env;
    await expect(readInputs({ ...runner, env })).rejects.toThrow(
      'Input "kubeconfig" or "server" is required: got neither',
    );
  });
});

test("readInputs() takes a KUBECONFIG that an earlier step made", async () => {
  const runner = fakeRunner("helm-deploy", { ...good, kubeconfig: "" });
  const path = join(mkdtempSync(join(tmpdir(), "sluice-test-")), "config");
  writeFileSync(path, "apiVersion: v1");
  const inputs = await readInputs({ ...runner, env: { ...runner.env, KUBECONFIG: path } });
  expect(inputs.access).toMatchObject({ kind: "ambient", path });
});

test("readInputs() resolves an image by tag where that is asked for, and only then", async () => {
  const asked: string[] = [];
  const resolve = async ({ repository, tag }: { readonly repository: string; readonly tag?: string }) => {
    asked.push(`${repository}:${tag}`);
    return digest as never;
  };
  const given = { release: "web", namespace: "shop", chart: "chart", kubeconfig: "apiVersion: v1" };
  const tagged = { ...given, image: "ghcr.io/acme/web:1" };
  await expect(readInputs(fakeRunner("helm-deploy", tagged), resolve)).rejects.toThrow("must be resolve");
  const wanted = fakeRunner("helm-deploy", { ...tagged, "mutable-tags": "resolve" });
  expect((await readInputs(wanted, resolve)).images).toMatchObject([{ digest }]);
  const mapped = fakeRunner("helm-deploy", {
    ...given,
    image: `api.image: ghcr.io/acme/api:2\nweb.image: ${image}`,
    "mutable-tags": "resolve",
  });
  expect((await readInputs(mapped, resolve)).images.map(({ valuesPath }) => valuesPath)).toEqual([
    "api.image",
    "web.image",
  ]);
  expect(asked).toEqual(["acme/web:1", "acme/api:2"]);
});
