import { mustSucceed, shell } from "../platform/shell.ts";
import type { World } from "./cluster/world.ts";

const parentRefs = [{ name: "gateway", namespace: "gateway" }];

function backend(name: string, weight: number) {
  return { group: "", kind: "Service", name, port: 80, weight };
}

/** The two releases that production's route can lead to. The first one serves before the scenario begins. */
export type Sides = readonly [string, string];

const canarySides: Sides = ["web", "web-candidate"];
export const colourSides: Sides = ["web-blue", "web-green"];

/** Routes and database secrets: what an operations team has made before the first deploy. */
function furnishings(world: World, [serving, tried]: Sides): readonly unknown[] {
  const secret = (environment: "staging" | "production") => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "web-database", namespace: environment },
    stringData: { url: world.postgres.urls[environment] },
  });
  const route = (name: string, namespace: "staging" | "production", spec: object) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace },
    spec: { parentRefs, ...spec },
  });
  return [
    secret("staging"),
    secret("production"),
    route("web", "staging", {
      hostnames: [world.hostnames.staging],
      rules: [{ backendRefs: [backend("web", 100)] }],
    }),
    route("web", "production", {
      hostnames: [world.hostnames.production],
      rules: [{ backendRefs: [backend(serving, 100), backend(tried, 0)] }],
    }),
    route("web-preview", "production", {
      hostnames: [previewHost(world)],
      rules: [{ backendRefs: [backend(tried, 100)] }],
    }),
  ];
}

/** The host name that leads to the candidate alone, for its smoke test. */
export function previewHost(world: World): string {
  return `preview.${world.hostnames.production}`;
}

export async function furnish(world: World, sides: Sides = canarySides): Promise<void> {
  const objects = { apiVersion: "v1", kind: "List", items: furnishings(world, sides) };
  await administer(
    world,
    ["apply", "--server-side", "--force-conflicts", "-f", "-"],
    JSON.stringify(objects),
  );
}

/** Runs kubectl as the world's administrator: for the rehearsal's own furniture and checks, never for an action. */
export function administer(world: World, args: readonly string[], stdin = ""): Promise<string> {
  const call = ["--kubeconfig", world.kubeconfig, ...args];
  return mustSucceed(shell, world.parts.kubectl, call, { stdin, timeoutMs: 120_000 });
}

const kinds =
  "deployments,replicasets,pods,services,configmaps,secrets,jobs,poddisruptionbudgets,httproutes,leases";

/** Empties both namespaces, so that the next scenario starts from nothing. */
export async function clear(world: World): Promise<void> {
  for (const namespace of ["staging", "production"]) {
    await administer(world, [
      "delete",
      kinds,
      "--all",
      "--namespace",
      namespace,
      "--wait=false",
      "--ignore-not-found",
    ]);
  }
  for (const namespace of ["staging", "production"]) {
    await administer(world, [
      "wait",
      "--for=delete",
      "pods",
      "--all",
      "--namespace",
      namespace,
      "--timeout=60s",
    ]).catch(() => undefined);
  }
}
