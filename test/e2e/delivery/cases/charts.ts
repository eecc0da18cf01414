import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustSucceed, shell } from "../../../../src/platform/shell.ts";
import type { DeliveryCase } from "../case.ts";
import { chart, type Stand } from "../stand.ts";
import { chartWith, stateOf } from "./chart-copy.ts";
import { plan, says } from "./plan-steps.ts";

/** Packs a chart and returns the archive. */
async function pack(stand: Stand, folder: string, ...more: readonly string[]): Promise<string> {
  const into = join(stand.folder, "packed");
  await mkdir(into, { recursive: true });
  const said = await stand.helm("package", folder, "--destination", into, ...more);
  const path = /saved it to: (.*\.tgz)/.exec(said)?.[1];
  assert.ok(path !== undefined, said);
  return path;
}

/** Pushes an archive to the world's registry; returns the reference without a version. */
async function push(stand: Stand, archive: string): Promise<string> {
  const { host, username, password } = stand.world.registry;
  const config = join(stand.folder, "push.json");
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  await writeFile(config, JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 });
  const name = `oci://${host}/charts-${stand.namespace}`;
  await stand.helm("push", archive, name, "--plain-http", "--registry-config", config);
  await rm(config);
  return `${name}/delivery`;
}

/** A key that lives as long as the case, as a ring of secret keys and one of public keys. */
async function makeKey(
  stand: Stand,
  name: string,
): Promise<{ readonly secret: string; readonly ring: string }> {
  const home = join(stand.folder, name);
  await mkdir(home, { mode: 0o700 });
  const gpg = (...args: readonly string[]) =>
    mustSucceed(shell, "gpg", ["--homedir", home, "--batch", "--yes", "--passphrase", "", ...args]);
  await gpg("--quick-generate-key", `${name} <${name}@example.test>`, "rsa2048", "sign", "1d");
  const [secret, ring] = [join(home, "secret.gpg"), join(home, "public.gpg")];
  await gpg("--pinentry-mode", "loopback", "--output", secret, "--export-secret-keys");
  await gpg("--output", ring, "--export");
  await mustSucceed(shell, "gpgconf", ["--homedir", home, "--kill", "gpg-agent"]);
  return { secret, ring };
}

export const chartCases: readonly DeliveryCase[] = [
  {
    name: "charts-registry",
    isShort: false,
    run: async (stand) => {
      const image = await stand.image("1");
      const name = await push(stand, await pack(stand, chart));
      const inputs = { image, version: "1", chart: name, "chart-version": "0.1.0" };
      says(
        { ...(await plan(stand, { ...inputs, "chart-version": "" })), verdict: "fail" },
        /"chart-version" is required/,
      );
      const missing = await plan(stand, { ...inputs, "chart-version": "9.9.9" });
      assert.match(missing.reasons.join(), /has no charts-\S+\/delivery 9\.9\.9/);
      const reviewed = await plan(stand, inputs);
      assert.equal(reviewed.verdict, "pass", reviewed.reasons.join("; "));
      const document = JSON.parse(await readFile(reviewed.outputs.plan ?? "", "utf8")) as {
        chartDigest: string;
      };
      assert.match(document.chartDigest, /^sha256:[0-9a-f]{64}$/);
      const moved = await push(
        stand,
        await pack(stand, await chartWith(stand, "moved", { "templates/x.yaml": "" })),
      );
      assert.equal(moved, name);
      const held = { ...inputs, plan: reviewed.outputs.plan ?? "" };
      says(await stand.run("helm-deploy", held), /The chart is sha256:\S+, the plan was made with sha256:/);
      const byDigest = { ...inputs, "chart-version": document.chartDigest };
      const deploy = await stand.mustPass("helm-deploy", byDigest);
      const { records } = await stand.records();
      assert.equal(records[0]?.chartDigest, document.chartDigest);
      assert.doesNotMatch(
        deploy.log.replace(/^::add-mask::.*$/gm, ""),
        new RegExp(stand.world.registry.password),
      );
      const left = await mustSucceed(shell, "find", [join(stand.folder, "temp"), "-name", "registry.json"]);
      assert.equal(left, "");
    },
  },
  {
    name: "charts-provenance",
    isShort: false,
    run: async (stand) => {
      const image = await stand.image("1");
      const [ours, theirs] = [await makeKey(stand, "ours"), await makeKey(stand, "theirs")];
      const signing = ["--sign", "--key", "ours", "--keyring", ours.secret];
      const archive = await pack(stand, chart, ...signing);
      const inputs = { image, version: "1", chart: archive };
      const trusted = await plan(stand, { ...inputs, "chart-keyring": ours.ring });
      assert.equal(trusted.verdict, "pass", trusted.reasons.join("; "));
      const foreign = await plan(stand, { ...inputs, "chart-keyring": theirs.ring });
      assert.match(foreign.reasons.join(), /"chart" must be signed by a key of "chart-keyring"/);
      const name = await push(stand, archive);
      const inRegistry = { ...inputs, chart: name, "chart-version": "0.1.0" };
      const pulled = await plan(stand, { ...inRegistry, "chart-keyring": ours.ring });
      assert.equal(pulled.verdict, "pass", pulled.reasons.join("; "));
      const refused = await plan(stand, { ...inRegistry, "chart-keyring": theirs.ring });
      assert.match(refused.reasons.join(), /"chart" must be signed by a key of "chart-keyring"/);
      await rm(`${archive}.prov`);
      const unsigned = await plan(stand, { ...inputs, "chart-keyring": ours.ring });
      assert.match(unsigned.reasons.join(), /"chart" must be signed by a key of "chart-keyring"/);
      await stand.mustPass("helm-deploy", { ...inRegistry, "chart-keyring": ours.ring });
    },
  },
  {
    name: "charts-values",
    isShort: false,
    run: async (stand) => {
      const archive = await pack(stand, chart);
      const one = await stand.install("1", { chart: archive, set: "{replicas: 1, config: {A: one}}" });
      const reuse = { chart: archive, "reuse-values": "reset-then-reuse", image: one, version: "1" };
      const kept = await plan(stand, { ...reuse, set: "{config: {B: two}}" });
      assert.equal(kept.verdict, "pass", kept.reasons.join("; "));
      assert.match(kept.summary, /The values of web, revision 1 lie below the given ones/);
      assert.doesNotMatch(kept.diff, /spec\.replicas/);
      const held = { ...reuse, set: "{config: {B: two}}", plan: kept.outputs.plan ?? "" };
      await stand.mustPass("helm-deploy", held);
      const values = JSON.parse(await stand.helm("get", "values", "web", "-o", "json")) as object;
      assert.deepEqual((values as { config: object }).config, { A: "one", B: "two" });
      stand.nextRun();
      const digest = one.split("@")[1] ?? "";
      const tag = await tagOf(stand, one);
      const tagged = { chart: archive, image: tag, version: "1" };
      const refused = await plan(stand, tagged);
      assert.match(
        refused.reasons.join(),
        /must name the image by digest .* or "mutable-tags" must be resolve/,
      );
      const resolved = await stand.mustPass("helm-deploy", { ...tagged, "mutable-tags": "resolve" });
      assert.match(resolved.log, new RegExp(`is ${digest} now`));
      const { records } = await stand.records();
      assert.equal(records[0]?.digest, digest);
    },
  },
  {
    name: "charts-layout",
    isShort: false,
    run: async (stand) => {
      const image = await stand.image("1");
      const before = await stateOf(stand);
      const workload = await readFile(join(chart, "templates/workload.yaml"), "utf8");
      const values = await readFile(join(chart, "values.yaml"), "utf8");
      const tagged = await chartWith(stand, "tagged", {
        "values.yaml": values.replace('digest: ""', 'tag: "1"'),
        "templates/workload.yaml": workload
          .replaceAll(".repository }}@{{ .Values.image.digest", ".repository }}:{{ .Values.image.tag")
          .replace(
            '"%s@%s" .Values.image.repository .Values.image.digest',
            '"%s:%s" .Values.image.repository .Values.image.tag',
          ),
      });
      const fits = await plan(stand, { image, chart: tagged });
      assert.equal(fits.verdict, "pass", fits.reasons.join("; "));
      const odd = await chartWith(stand, "odd", {
        "values.yaml": `${values.replace(/^image:[\s\S]*?(?=^# )/m, "")}\nmain: {container: {image: {repository: "", digest: ""}}}\n`,
      });
      const unknown = await plan(stand, { image, chart: odd });
      assert.match(unknown.reasons.join(), /no image in a common place \(seen: .*main\.container\.image\)/);
      const lacking = await chartWith(stand, "lacking", {
        "Chart.yaml": `${await readFile(join(chart, "Chart.yaml"), "utf8")}\ndependencies: [{name: redis, version: 1.0.0, repository: "oci://x.example/charts"}]\n`,
      });
      const dependent = await plan(stand, { image, chart: lacking });
      assert.match(
        dependent.reasons.join(),
        /charts\/ of \S+ has no redis \(helm dependency build fetches them\)/,
      );
      assert.equal(await stateOf(stand), before);
    },
  },
];

/** A tag that points to an image of the world's registry. */
async function tagOf(stand: Stand, image: string): Promise<string> {
  const { host, username, password } = stand.world.registry;
  const [name = "", digest = ""] = image.split("@");
  const url = `http://${host}/v2/${name.slice(host.length + 1)}/manifests`;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const accept =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const manifest = await fetch(`${url}/${digest}`, { headers: { authorization, accept } });
  const type = manifest.headers.get("content-type") ?? "";
  const headers = { authorization, "content-type": type };
  const put = await fetch(`${url}/${stand.namespace}`, {
    method: "PUT",
    headers,
    body: await manifest.text(),
  });
  assert.equal(put.status, 201);
  return `${name}:${stand.namespace}`;
}
