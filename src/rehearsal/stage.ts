import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Application, makeApplication } from "./application.ts";
import type { World } from "./cluster/world.ts";
import { type Github, startGithub } from "./github/server.ts";
import type { EnvironmentSeed } from "./github/state.ts";
import { administer, clear, colourSides, furnish, previewHost } from "./production-route.ts";
import type { RunOptions } from "./runner/run-options.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { writeDatabase } from "./vulnerability-database.ts";

export const sluiceRoot = new URL("../../", import.meta.url).pathname;
/** Owner and name under which the sample's callers know this repository. */
export const sluiceRepository = "sluice-actions/sluice";
export const reviewer = "rita";

/** One scenario's stage: an application's repository, GitHub's stand-in for it, and an emptied, furnished cluster. */
export interface Stage {
  readonly world: World;
  readonly github: Github;
  readonly application: Application;
  readonly folder: string;
  readonly image: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What every run on this stage has in common. */
  readonly runBase: Omit<RunOptions, "workflow" | "event" | "approve">;
  readonly close: () => Promise<void>;
}

const branches = ["main"];
const quiet = ["staging", "staging-plan", "staging-recovery", "production-plan", "production-recovery"];
const environments: readonly EnvironmentSeed[] = [
  ...quiet.map((name) => ({ name, branches })),
  { name: "production", branches, reviewers: [reviewer] },
];

export async function makeStage(
  world: World,
  { name, strategy }: Pick<Scenario, "name" | "strategy">,
): Promise<Stage> {
  const folder = join(world.runFolder, "stages", name);
  await mkdir(folder, { recursive: true });
  await clear(world);
  await (strategy === undefined ? furnish(world) : furnish(world, colourSides));
  const application = await makeApplication(join(folder, "application"));
  await application.commit("The sample application");
  const database = join(folder, "vulnerabilities");
  await writeDatabase(database);
  const [tlsKey, tlsCert] = await Promise.all([
    readFile(world.issuer.key, "utf8"),
    readFile(world.issuer.certificate, "utf8"),
  ]);
  const github = await startGithub({
    owner: "acme",
    name: "web",
    folder: application.folder,
    environments,
    tlsKey,
    tlsCert,
    issuerPort: Number(new URL(world.issuer.url).port),
    artifactFolder: join(folder, "artifacts"),
  });
  const vars = await variables(world, database);
  const secrets = {
    REGISTRY_PASSWORD: world.registry.password,
    SETUP_KUBECONFIG: await setupKubeconfig(world, folder),
  };
  return {
    world,
    github,
    application,
    folder,
    image: `${world.registry.host}/acme/web`,
    vars,
    secrets,
    runBase: {
      sluiceRoot,
      sluiceRepository,
      app: { folder: application.folder, repository: "acme/web" },
      vars,
      secrets,
      github,
      actor: "avery",
      workFolder: join(folder, "runs"),
      env: { PATH: `${world.tools}:${process.env.PATH ?? ""}` },
    },
    close: () => github.close(),
  };
}

async function variables(world: World, database: string): Promise<Readonly<Record<string, string>>> {
  const { hostnames, gatewayUrl, registry } = world;
  return {
    REGISTRY: registry.host,
    REGISTRY_USERNAME: registry.username,
    BUILD_ARGS: `BASE=${registry.host}/base/node:24`,
    VULNERABILITY_DATABASE: database,
    STAGING_URL: gatewayUrl,
    STAGING_HEADERS: `Host: ${hostnames.staging}`,
    PRODUCTION_URL: gatewayUrl,
    PRODUCTION_HEADERS: `Host: ${hostnames.production}`,
    PREVIEW_URL: gatewayUrl,
    PREVIEW_HEADERS: `Host: ${previewHost(world)}`,
    PROMETHEUS_URL: world.prometheusUrl,
    // The extract is recorded, not kept up to date; its name says so wherever its verdict is shown.
    VULNERABILITY_DATABASE_MAX_AGE: "36500d",
    STEP_INTERVAL: "8s",
    ANALYSIS_INTERVAL: "2s",
    MINIMUM_REQUESTS: "30",
    CLUSTER_SERVER: world.apiServer,
    CLUSTER_CERTIFICATE_AUTHORITY: await readFile(world.certificateAuthority, "utf8"),
    CLUSTER_OIDC_AUDIENCE: world.issuer.audience,
  };
}

/** A kubeconfig for setting the stage: a service account of production with the deployer's Role, and nothing more. */
async function setupKubeconfig(world: World, folder: string): Promise<string> {
  const items = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "setup", namespace: "production" } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "setup", namespace: "production" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "sluice-deployer" },
      subjects: [{ kind: "ServiceAccount", name: "setup", namespace: "production" }],
    },
  ];
  await administer(world, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const token = await administer(world, [
    "create",
    "token",
    "setup",
    "--namespace",
    "production",
    "--duration",
    "2h",
  ]);
  const authority = Buffer.from(await readFile(world.certificateAuthority)).toString("base64");
  const kubeconfig = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: world.apiServer, "certificate-authority-data": authority } }],
    users: [{ name: "u", user: { token: token.trim() } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
  await writeFile(join(folder, "setup.kubeconfig"), kubeconfig, { mode: 0o600 });
  return kubeconfig;
}
