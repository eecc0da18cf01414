import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { isRecord } from "../../../../src/core/json.ts";
import { parseTraffic } from "../../../../src/domain/traffic/parse.ts";
import type { Traffic } from "../../../../src/domain/traffic/traffic.ts";
import { type Kubectl, kubectl as kubectlOf } from "../../../../src/platform/kubectl.ts";
import { shell } from "../../../../src/platform/shell.ts";
import { type TrafficSwitch, trafficSwitch } from "../../../../src/platform/traffic.ts";
import { confirmWeight } from "../../../../src/platform/traffic-confirm.ts";
import { chart, type Stand } from "../stand.ts";

const readme = new URL("../../../../actions/helm-deploy/README.md", import.meta.url);

/** Two releases of the chart, ready: web in version 1, and web-candidate in version 2. */
export async function installPair(
  stand: Stand,
  { stable = 2, candidate = 2 }: { readonly stable?: number; readonly candidate?: number } = {},
): Promise<void> {
  await Promise.all([
    installRelease(stand, "web", { version: "1", replicas: stable }),
    installRelease(stand, "web-candidate", { version: "2", replicas: candidate }),
  ]);
}

/** A release of the chart, as its administrator installs it. */
export async function installRelease(
  stand: Stand,
  release: string,
  { version, replicas = 1 }: { readonly version: string; readonly replicas?: number },
): Promise<void> {
  const [repository, digest] = (await stand.image(version)).split("@");
  // Pods stay ready on a machine that is busy with other cases: shares are what is looked at here.
  const probe = "probe.periodSeconds=1,probe.failureThreshold=30";
  const set = `image.repository=${repository},image.digest=${digest},replicas=${replicas},${probe}`;
  await stand.helm("install", release, chart, "--set", set, "--wait", "--timeout", "120s");
}

/** The traffic as a user writes it, with answers counted through the gateway or at a Service's own address. */
export async function trafficOf(stand: Stand, text: string, service?: string): Promise<Traffic> {
  const host = service === undefined ? `, host: ${stand.host}` : "";
  const url =
    service === undefined ? `${stand.world.gatewayUrl}/` : `http://${await addressOf(stand, service)}/`;
  const confirm = `confirm: {url: "${url}"${host}, header: x-sluice-release, candidate: web-candidate}`;
  const traffic = parseTraffic(`${text}\n${confirm}`);
  assert(traffic !== undefined);
  return traffic;
}

async function addressOf(stand: Stand, service: string): Promise<string> {
  return stand.kubectl("get", "service", service, "-o", "jsonpath={.spec.clusterIP}");
}

/** kubectl with the rights of the README's Role and, for a provider, with those that its section adds. */
export async function deployerOf(stand: Stand, provider?: string): Promise<Kubectl> {
  if (provider !== undefined) await grant(stand, provider);
  return kubectlOf(shell, { program: stand.world.parts.kubectl, env: { KUBECONFIG: stand.deployer } });
}

/** The switch as an action has it. */
export async function switchOf(stand: Stand, traffic: Traffic): Promise<TrafficSwitch> {
  return trafficSwitch(await deployerOf(stand, traffic.provider), traffic, stand.namespace);
}

/** Sets a share and counts real answers until they bear out what the switch says it reached. */
export async function setAndCount(
  traffic: Traffic,
  weight: TrafficSwitch,
  percent: number,
): Promise<{ readonly percent: number; readonly sentence: string }> {
  const set = await weight.setWeight(percent);
  assert(traffic.confirm !== undefined);
  const counted = await confirmWeight(traffic.confirm, { percent: set.percent, budgetMs: 30_000 });
  assert.equal(counted.decision, "confirmed", counted.sentence);
  assert.equal(counted.withoutArm, 0, counted.sentence);
  return set;
}

/** What a rule of the README's section about a provider allows, given to the deployer. */
async function grant(stand: Stand, provider: string): Promise<void> {
  const text = await readFile(readme, "utf8");
  const block = new RegExp(`\`\`\`yaml\\n# rules for provider ${provider}\\n([\\s\\S]*?)\`\`\``).exec(
    text,
  )?.[1];
  if (block === undefined) return;
  const rules: unknown = parse(block);
  const metadata = { name: `traffic-${provider}`, namespace: stand.namespace };
  const group = "rbac.authorization.k8s.io";
  await stand.apply(
    { apiVersion: `${group}/v1`, kind: "Role", metadata, rules },
    {
      apiVersion: `${group}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: group, kind: "Role", name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name: "deployer", namespace: stand.namespace }],
    },
  );
}

/** An object of the namespace as the server has it. */
export async function readObject(
  stand: Stand,
  kind: string,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const object: unknown = JSON.parse(await stand.kubectl("get", kind, name, "-o", "json"));
  assert(isRecord(object));
  return object;
}

/** An Ingress of class nginx for the stand's host, leading to one Service. */
export function ingress(stand: Stand, name: string, service: string, annotations: object = {}): unknown {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: stand.namespace, annotations },
    spec: {
      ingressClassName: "nginx",
      rules: [{ host: stand.host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}
