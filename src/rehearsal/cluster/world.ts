import { mkdir, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mustSucceed, shell } from "../../platform/shell.ts";
import type { Parts } from "../parts/parts.ts";
import { makeCertificates } from "./certificates.ts";
import { apiServerUrl, startApiServer, startControllers, startEtcd } from "./control-plane.ts";
import { type Daemon, diagnose, startDaemon } from "./daemon.ts";
import { gatewayUrl, startTraefik } from "./gateway.ts";
import type { Inside } from "./inside.ts";
import { isolate, nodeAddress, podCidr } from "./isolation.ts";
import { nodeName, startContainerd, startKubelet, startKubeProxy, unpackBaseImage } from "./node.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { prometheusUrl, startPrometheus } from "./prometheus.ts";
import { pushLayout } from "./push-layout.ts";
import { makeRegistryLogin, type RegistryLogin, startRegistry } from "./registry.ts";
import type { Site } from "./site.ts";
import { makeUsers } from "./users.ts";

/** A running cluster with registry, database, metrics and gateway, all on loopback of a network of its own. */
export interface World {
  /** Administrator's kubeconfig, for the rehearsal's own checks. Actions never see it. */
  readonly kubeconfig: string;
  readonly apiServer: string;
  readonly certificateAuthority: string;
  readonly registry: RegistryLogin;
  readonly prometheusUrl: string;
  /** Traffic enters here; the Host header chooses the environment. */
  readonly gatewayUrl: string;
  readonly hostnames: { readonly staging: string; readonly production: string };
  readonly postgres: Postgres;
  /** Where the API server expects the issuer of GitHub's tokens, and the key pair it must serve with. */
  readonly issuer: Issuer;
  readonly secondIssuer: Issuer;
  readonly podCidr: string;
  readonly nodeAddress: string;
  readonly parts: Parts;
  readonly runFolder: string;
  readonly logs: string;
  /** Folder with the pinned tools by their own names, to stand first on PATH. */
  readonly tools: string;
  /** Resolves with one sentence when something of the world has died before `stop`. */
  readonly broken: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface Issuer {
  readonly url: string;
  readonly audience: string;
  readonly key: string;
  readonly certificate: string;
}

export interface WorldOptions {
  readonly issuerPort?: number;
  /** Told as each piece of the world is up, with the seconds it took. */
  readonly onReady?: (name: string, seconds: number) => void;
}

/** Makes the namespaces fit and starts everything, as much at once as the order allows. */
export async function startWorld(inside: Inside, options: WorldOptions = {}): Promise<World> {
  const timed = stopwatch(options.onReady);
  await timed("isolation", isolate(inside));
  const daemons: Daemon[] = [];
  const site = await timed("certificates", makeSite(inside, options, daemons));
  const controlPlane = startControlPlane(site, timed);
  const registry = timed("registry", startRegistry(site)).then(() => timed("images", pushBaseImages(site)));
  const [{ postgres }] = await Promise.all([
    timed("postgres", startPostgres(site)),
    timed("containerd", startContainerd(site)).then(() =>
      Promise.all([
        timed("unpacking", unpackBaseImage(site)),
        controlPlane.then(() => startNode(site, timed)),
      ]),
    ),
    controlPlane.then(() => timed("prometheus", startPrometheus(site))),
    controlPlane.then(() => timed("gateway", startGateway(site))),
    registry,
  ]);
  const tools = await linkTools(site);
  return describe(site, { postgres, tools, daemons });
}

type Timed = <T>(name: string, work: Promise<T>) => Promise<T>;

function stopwatch(onReady: WorldOptions["onReady"]): Timed {
  return async (name, work) => {
    const begun = performance.now();
    const result = await work;
    onReady?.(name, (performance.now() - begun) / 1000);
    return result;
  };
}

async function makeSite(inside: Inside, options: WorldOptions, daemons: Daemon[]): Promise<Site> {
  const logs = join(inside.runFolder, "logs");
  const secrets = join(inside.runFolder, "secrets");
  await Promise.all([mkdir(logs, { recursive: true }), mkdir(secrets, { recursive: true, mode: 0o700 })]);
  const certificates = await makeCertificates(secrets, nodeAddress);
  return {
    runFolder: inside.runFolder,
    logs,
    cgroup: inside.cgroup,
    parts: inside.parts,
    certificates,
    users: await makeUsers(secrets, apiServerUrl, certificates.authority.certificate),
    registry: makeRegistryLogin(),
    issuerUrl: `https://127.0.0.1:${options.issuerPort ?? 8444}`,
    secondIssuerUrl: "https://127.0.0.1:8445",
    audience: "sluice-rehearsal",
    start: (name, program, args, more = {}) => {
      const daemon = startDaemon({ name, program, args, logs, ...more });
      daemons.push(daemon);
      return daemon;
    },
  };
}

async function startControlPlane(site: Site, timed: Timed): Promise<void> {
  await timed("etcd", startEtcd(site));
  await timed("kube-apiserver", startApiServer(site));
  startControllers(site);
}

async function startNode(site: Site, timed: Timed): Promise<void> {
  await Promise.all([timed("kube-proxy", startKubeProxy(site)), timed("kubelet", startKubelet(site))]);
  await timed("node", kubectl(site, "wait", "--for=condition=Ready", `node/${nodeName}`, "--timeout=60s"));
}

async function pushBaseImages(site: Site): Promise<void> {
  const { node, pause } = site.parts.images;
  await Promise.all([
    pushLayout(pause, site.registry, "base/pause:1"),
    pushLayout(node, site.registry, "base/node:24"),
  ]);
}

async function startGateway(site: Site): Promise<void> {
  await kubectl(site, "create", "--validate=false", "-f", site.parts.gatewayDefinitions);
  const definitions = ["gateways", "gatewayclasses", "httproutes"].map(
    (one) => `crd/${one}.gateway.networking.k8s.io`,
  );
  await kubectl(site, "wait", "--for=condition=Established", "--timeout=30s", ...definitions);
  await kubectl(
    site,
    "create",
    "--validate=false",
    "-f",
    beside("foundation.yaml"),
    "-f",
    beside("access.yaml"),
  );
  await startTraefik(site);
  await kubectl(
    site,
    ...["wait", "--for=condition=Programmed", "--timeout=60s", "-n", "gateway", "gateway/gateway"],
  );
}

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function kubectl(site: Site, ...args: readonly string[]): Promise<string> {
  const call = ["--kubeconfig", site.users.kubeconfig("admin"), ...args];
  return mustSucceed(shell, site.parts.kubectl, call, { timeoutMs: 90_000 });
}

async function linkTools(site: Site): Promise<string> {
  const folder = join(site.runFolder, "tools");
  await mkdir(folder, { recursive: true });
  const { kubectl: cli, helm, gitleaks, osvScanner } = site.parts;
  await Promise.all(
    [cli, helm, gitleaks, osvScanner].map((file) => symlink(file, join(folder, basename(file)))),
  );
  return folder;
}

interface Started {
  readonly postgres: Postgres;
  readonly tools: string;
  readonly daemons: readonly Daemon[];
}

function describe(site: Site, started: Started): World {
  const { certificates } = site;
  let isStopping = false;
  const broken = Promise.race(
    started.daemons.map((daemon) =>
      daemon.ended.then((how) => (isStopping ? new Promise<never>(() => undefined) : diagnose(daemon, how))),
    ),
  );
  const stop = async () => {
    isStopping = true;
    // The daemons do not keep this program up, so something must until they have ended.
    const up = setInterval(() => undefined, 60_000);
    for (const daemon of started.daemons.toReversed()) daemon.kill("SIGKILL");
    await Promise.all(started.daemons.map((daemon) => daemon.ended));
    clearInterval(up);
  };
  return {
    kubeconfig: site.users.kubeconfig("admin"),
    apiServer: apiServerUrl,
    certificateAuthority: certificates.authority.certificate,
    registry: site.registry,
    prometheusUrl,
    gatewayUrl,
    hostnames: { staging: "staging.example.test", production: "production.example.test" },
    postgres: started.postgres,
    issuer: { url: site.issuerUrl, audience: site.audience, ...certificates.issuer },
    secondIssuer: { url: site.secondIssuerUrl, audience: site.audience, ...certificates.issuer },
    podCidr,
    nodeAddress,
    parts: site.parts,
    runFolder: site.runFolder,
    logs: site.logs,
    tools: started.tools,
    broken,
    stop,
  };
}
