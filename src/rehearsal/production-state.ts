import { request } from "node:http";
import { at, listAt, numberAt, textAt } from "../core/json.ts";
import { basicAuthorization } from "./cluster/registry.ts";
import type { World } from "./cluster/world.ts";
import { administer } from "./production-route.ts";
import type { ProductionState } from "./scenarios/scenario.ts";

const samples = 20;

/** Asks production who answers, and the cluster what runs. */
export async function readProduction(world: World): Promise<ProductionState> {
  const [pods, staging, route, answeringDigests] = await Promise.all([
    readJson(world, ["get", "pods", "--namespace", "production", "--output", "json"]),
    readJson(world, ["get", "deployments", "--namespace", "staging", "--output", "json"]),
    readJson(world, ["get", "httproute", "web", "--namespace", "production", "--output", "json"]),
    askVersions(world),
  ]);
  const running = listAt(pods, "items").filter(
    (pod) => at(pod, "metadata", "deletionTimestamp") === undefined,
  );
  const ofRelease = (release: string) =>
    running.filter(
      (pod) =>
        textAt(pod, "metadata", "labels", "app.kubernetes.io/instance") === release &&
        textAt(pod, "metadata", "labels", "app.kubernetes.io/component") === "service",
    );
  const backends = listAt(route, "spec", "rules", 0, "backendRefs");
  const sides = backends
    .map((one) => ({ name: textAt(one, "name") ?? "", weight: numberAt(one, "weight") ?? 1 }))
    .toSorted((a, b) => b.weight - a.weight);
  const others = sides.slice(1);
  const total = sides.reduce((sum, { weight }) => sum + weight, 0);
  return {
    answeringDigests,
    podDigests: ofRelease(sides[0]?.name ?? "").map((pod) =>
      digestIn(textAt(pod, "status", "containerStatuses", 0, "imageID")),
    ),
    stagingWorkloads: listAt(staging, "items").length,
    candidatePods: others.flatMap(({ name }) => ofRelease(name)).length,
    weight: (100 * others.reduce((sum, { weight }) => sum + weight, 0)) / total,
  };
}

function digestIn(imageId: string | undefined): string {
  return /sha256:[0-9a-f]{64}$/.exec(imageId ?? "")?.[0] ?? imageId ?? "none";
}

async function readJson(world: World, args: readonly string[]): Promise<unknown> {
  return JSON.parse(await administer(world, args));
}

async function askVersions(world: World): Promise<readonly string[]> {
  const digests: string[] = [];
  for (let n = 0; n < samples; n++) digests.push(await askVersion(world));
  return digests;
}

/** node:http because fetch does not let a caller set the Host header. */
function askVersion(world: World): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      `${world.gatewayUrl}/version`,
      { headers: { host: world.hostnames.production }, timeout: 5000 },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve(digestOf(text) ?? `status ${response.statusCode}`));
      },
    );
    asked.on("error", (error) => resolve(error.message));
    asked.end();
  });
}

function digestOf(text: string): string | undefined {
  try {
    return textAt(JSON.parse(text), "digest");
  } catch {
    return undefined;
  }
}

/** The digest a tag of the application names in the registry; undefined when there is no such tag. */
export async function readTag(world: World, tag: string): Promise<string | undefined> {
  const accept =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const answer = await fetch(`http://${world.registry.host}/v2/acme/web/manifests/${tag}`, {
    method: "HEAD",
    headers: { authorization: basicAuthorization(world.registry), accept },
  });
  return answer.ok ? (answer.headers.get("docker-content-digest") ?? undefined) : undefined;
}
