import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActionInputs } from "../action-process.ts";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { chartWith, stateOf } from "./chart-copy.ts";

interface BadInput {
  readonly name: string;
  /** One sentence, and no other. */
  readonly says: RegExp;
  inputs(stand: Stand): Promise<ActionInputs>;
  /** Makes the cluster such that it refuses, and gives it back. */
  around?(stand: Stand): Promise<() => Promise<void>>;
}

async function kubeconfig(stand: Stand, name: string, change: (config: Config) => void): Promise<string> {
  const config = JSON.parse(await readFile(stand.deployer, "utf8")) as Config;
  change(config);
  const path = join(stand.folder, `${name}.kubeconfig`);
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

interface Config {
  readonly clusters: { readonly cluster: { server: string } }[];
  readonly users: { user: { token?: string; exec?: object } }[];
}

function setUser(config: Config, user: { token?: string; exec?: object }): void {
  const [first] = config.users;
  if (first !== undefined) first.user = user;
}

/** The deployer's Role without one verb on some resources. */
async function withoutVerb(stand: Stand, resource: string, verb: string): Promise<() => Promise<void>> {
  const role = JSON.parse(await stand.kubectl("get", "role", "sluice-deployer", "-o", "json")) as {
    metadata: { resourceVersion?: string; managedFields?: unknown };
    rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  };
  delete role.metadata.resourceVersion;
  delete role.metadata.managedFields;
  const rules = role.rules.flatMap((rule) => {
    if (!rule.resources.includes(resource)) return [rule];
    const rest = { ...rule, resources: rule.resources.filter((one) => one !== resource) };
    const less = { ...rule, resources: [resource], verbs: rule.verbs.filter((one) => one !== verb) };
    return rest.resources.length === 0 ? [less] : [rest, less];
  });
  const replace = (object: object) => stand.apply(object);
  await replace({ ...role, rules });
  return () => replace(role);
}

const inputs: readonly BadInput[] = [
  {
    name: "a cluster that cannot be reached",
    says: /connection refused|[Uu]nreachable|refused/,
    inputs: async (stand) => ({
      kubeconfig: await kubeconfig(stand, "away", ({ clusters: [first] }) => {
        if (first !== undefined) first.cluster.server = "https://127.0.0.1:1";
      }),
    }),
  },
  {
    name: "a token that is not valid any more",
    says: /The cluster does not accept the credentials/,
    inputs: async (stand) => ({
      kubeconfig: await kubeconfig(stand, "expired", (config) => setUser(config, { token: "expired" })),
    }),
  },
  {
    name: "a login program that is missing",
    says: /The kubeconfig logs in with the program "acme-auth-plugin", which is not on PATH/,
    inputs: async (stand) => ({
      kubeconfig: await kubeconfig(stand, "plugin", (config) =>
        setUser(config, {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            command: "acme-auth-plugin",
            interactiveMode: "Never",
          },
        }),
      ),
    }),
  },
  {
    name: "a chart that is not there",
    says: /Input "chart" must be the folder or archive of a chart/,
    inputs: async (stand) => ({ chart: join(stand.folder, "nowhere") }),
  },
  {
    name: "a chart that does not render",
    says: /templates\/broken\.yaml.*no such thing/,
    inputs: async (stand) => ({
      chart: await chartWith(stand, "broken", { "templates/broken.yaml": '{{ fail "no such thing" }}' }),
    }),
  },
  {
    name: "a chart whose rendering is not YAML",
    says: /templates\/broken\.yaml|not YAML/,
    inputs: async (stand) => ({
      chart: await chartWith(stand, "no-yaml", { "templates/broken.yaml": "a: {b: [c" }),
    }),
  },
  {
    name: "a chart with an object that the cluster does not know",
    says: /no matches for kind "Nothing" in version "example\.test\/v1"/,
    inputs: async (stand) => ({
      chart: await chartWith(stand, "unknown", {
        "templates/unknown.yaml": "apiVersion: example.test/v1\nkind: Nothing\nmetadata: {name: nothing}\n",
      }),
    }),
  },
  {
    name: "no right to change a Deployment",
    says: /cannot patch resource "deployments" in API group "apps"/,
    inputs: async () => ({}),
    around: (stand) => withoutVerb(stand, "deployments", "patch"),
  },
  {
    name: "no right to make the Secret of Helm's history",
    says: /This identity may not create secrets in namespace \S+, which Helm must for release web/,
    inputs: async () => ({}),
    around: (stand) => withoutVerb(stand, "secrets", "create"),
  },
  {
    name: "no right to read Helm's history",
    says: /cannot (get|list) resource "secrets"/,
    inputs: async () => ({}),
    around: (stand) => withoutVerb(stand, "secrets", "list"),
  },
  {
    name: "a route that is not there",
    says: /nowhere/,
    inputs: async () => ({
      strategy: "canary",
      "candidate-set": "{track: candidate}",
      traffic: traffic("nowhere"),
    }),
  },
  {
    name: "a route with other backends",
    says: /cannot carry the traffic of web: it has no rule with that backend/,
    inputs: async (stand) => {
      await stand.route("other", "another");
      return { strategy: "canary", "candidate-set": "{track: candidate}", traffic: traffic("web") };
    },
  },
  {
    name: "a route whose weights are all zero",
    says: /gives all its backends weight 0: give web a weight/,
    inputs: async (stand) => {
      const given = await stand.route();
      const weight = { op: "replace", path: "/spec/rules/0/backendRefs/0/weight", value: 0 };
      await stand.kubectl("patch", "httproute", "web", "--type=json", "-p", JSON.stringify([weight]));
      return { strategy: "canary", "candidate-set": "{track: candidate}", traffic: given };
    },
  },
  {
    name: "a candidate that has the stable one's names",
    says: /in the candidate's release|also selects the candidate's pods/,
    inputs: async (stand) => ({
      strategy: "canary",
      traffic: await stand.route(),
      chart: await collidingChart(stand),
    }),
  },
  {
    name: "two colours that collide",
    says: /fixed/,
    inputs: async (stand) => ({
      release: "pair",
      strategy: "blue-green",
      chart: await collidingChart(stand),
    }),
  },
];

function traffic(route: string): string {
  return `provider: gateway\nroute: {name: ${route}}\nstable: {service: web, port: 80}\ncandidate: {service: web-candidate, port: 80}\n`;
}

/** A chart with an object whose name does not depend on the release. */
function collidingChart(stand: Stand): Promise<string> {
  return chartWith(stand, "colliding", {
    "templates/fixed.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\ndata: {a: b}\n",
  });
}

/** One clear sentence each, and nothing changed: by the deploy itself, for somebody who made no plan. */
export const badInputCases: readonly DeliveryCase[] = [
  {
    name: "bad-input",
    isShort: false,
    run: async (stand) => {
      await stand.install("1");
      const image = await stand.image("2");
      const problems: string[] = [];
      for (const bad of inputs) {
        const given = await bad.inputs(stand);
        const giveBack = await bad.around?.(stand);
        const before = await stateOf(stand);
        const run = await stand.run("helm-deploy", { image, version: "2", ...given });
        const after = await stateOf(stand);
        await giveBack?.();
        const said = run.reasons.join("; ");
        console.log(`  ${bad.name}: ${run.verdict}, ${said}`);
        if (run.verdict === "pass" || run.exitCode !== 1) problems.push(`${bad.name}: ${run.verdict}`);
        if (!bad.says.test(said)) problems.push(`${bad.name} says: ${said}`);
        if (run.reasons.length > 2) problems.push(`${bad.name} says ${run.reasons.length} things: ${said}`);
        if (after !== before) problems.push(`${bad.name} changed:\n${before}\nto\n${after}`);
        stand.nextRun("failure");
      }
      assert.deepEqual(problems, []);
    },
  },
];
