import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Daemon, waitUntilReady } from "./daemon.ts";
import { nodeAddress, podCidr, serviceCidr } from "./isolation.ts";
import { answers } from "./probe.ts";
import type { Site } from "./site.ts";

export const apiServerUrl = "https://127.0.0.1:6443";

/** Starts the store of the API server. */
export async function startEtcd(site: Site): Promise<Daemon> {
  const client = "http://127.0.0.1:2379";
  const etcd = site.start("etcd", "etcd", [
    ...["--data-dir", join(site.runFolder, "etcd"), "--log-level", "warn"],
    ...["--listen-client-urls", client, "--advertise-client-urls", client],
    ...[
      "--listen-peer-urls",
      "http://127.0.0.1:2380",
      "--initial-advertise-peer-urls",
      "http://127.0.0.1:2380",
    ],
    ...["--initial-cluster", "default=http://127.0.0.1:2380"],
    // The world is thrown away: nothing has to survive a power cut.
    "--unsafe-no-fsync",
  ]);
  await waitUntilReady(etcd, () => answers("http://127.0.0.1:2379/health"));
  return etcd;
}

/** Starts the API server; it accepts the world's own users and GitHub's tokens of the rehearsal's issuer. */
export async function startApiServer(site: Site): Promise<Daemon> {
  const { certificates, users } = site;
  const authentication = join(site.runFolder, "authentication.json");
  await writeFile(authentication, JSON.stringify(authenticationOf(site)));
  const daemon = site.start("kube-apiserver", site.parts.kubeApiserver, [
    "--etcd-servers=http://127.0.0.1:2379",
    "--secure-port=6443",
    `--advertise-address=${nodeAddress}`,
    `--service-cluster-ip-range=${serviceCidr}`,
    `--tls-cert-file=${certificates.apiServer.certificate}`,
    `--tls-private-key-file=${certificates.apiServer.key}`,
    `--token-auth-file=${users.tokenFile}`,
    `--authentication-config=${authentication}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${certificates.serviceAccount.publicKey}`,
    `--service-account-signing-key-file=${certificates.serviceAccount.key}`,
    `--kubelet-client-certificate=${certificates.kubeletClient.certificate}`,
    `--kubelet-client-key=${certificates.kubeletClient.key}`,
    `--kubelet-certificate-authority=${certificates.authority.certificate}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--profiling=false",
  ]);
  const ca = certificates.authorityPem;
  await waitUntilReady(daemon, () => answers(`${apiServerUrl}/readyz`, { ca }));
  return daemon;
}

function authenticationOf(site: Site): object {
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [site.issuerUrl, site.secondIssuerUrl].map((url) => ({
      issuer: { url, audiences: [site.audience], certificateAuthority: site.certificates.authorityPem },
      claimMappings: { username: { claim: "sub", prefix: "github:" } },
    })),
  };
}

/** Starts the controllers and the scheduler, which find the API server by themselves. */
export function startControllers(site: Site): readonly Daemon[] {
  const { certificates, users } = site;
  const controllers = site.start("kube-controller-manager", site.parts.kubeControllerManager, [
    `--kubeconfig=${users.kubeconfig("system:kube-controller-manager")}`,
    "--allocate-node-cidrs",
    `--cluster-cidr=${podCidr}`,
    `--root-ca-file=${certificates.authority.certificate}`,
    `--service-account-private-key-file=${certificates.serviceAccount.key}`,
    "--use-service-account-credentials",
    "--leader-elect=false",
    "--node-monitor-period=1s",
    "--bind-address=127.0.0.1",
  ]);
  const scheduler = site.start("kube-scheduler", site.parts.kubeScheduler, [
    `--kubeconfig=${users.kubeconfig("system:kube-scheduler")}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
  ]);
  return [controllers, scheduler];
}
