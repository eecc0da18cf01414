import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustSucceed, shell } from "../../platform/shell.ts";
import { type Daemon, waitUntilReady } from "./daemon.ts";
import { nodeAddress, podCidr } from "./isolation.ts";
import { answers, listens } from "./probe.ts";
import type { Site } from "./site.ts";

export const nodeName = "sluice";

/** Starts the container runtime, with its state in the run folder and pulls only from the world's registry. */
export async function startContainerd(site: Site): Promise<Daemon> {
  const folder = join(site.runFolder, "containerd");
  await mkdir(join(folder, "cni"), { recursive: true });
  await writeFile(join(folder, "cni", "10-bridge.conflist"), JSON.stringify(podNetwork(folder)));
  await writeFile(join(folder, "config.toml"), containerdConfig(site, folder));
  const daemon = site.start("containerd", "containerd", ["--config", join(folder, "config.toml")]);
  await waitUntilReady(daemon, () => listens(socketOf(site)));
  return daemon;
}

function socketOf(site: Site): string {
  return join(site.runFolder, "containerd", "containerd.sock");
}

/** Unpacks the application's base image on the node, so that a pull of the application brings only its own layers. */
export async function unpackBaseImage(site: Site): Promise<void> {
  const name = `${site.registry.host}/base/node:24`;
  const importing =
    'tar -C "$1" -cf - . | ctr --address "$2" --namespace k8s.io images import --index-name "$3" -';
  await mustSucceed(shell, "sh", ["-c", importing, "sh", site.parts.images.node, socketOf(site), name]);
}

function podNetwork(folder: string): object {
  return {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: join(folder, "addresses"),
          ranges: [[{ subnet: podCidr.replace(/\/16$/, "/24") }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

function containerdConfig(site: Site, folder: string): string {
  const { host, username, password } = site.registry;
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = "${socketOf(site)}"
[plugins."io.containerd.internal.v1.opt"]
path = "${folder}/opt"
[${cri}]
sandbox_image = "${host}/base/pause:1"
# Lowering the score needs a capability that machines in machines often lack.
restrict_oom_score_adj = true
# A profile loaded into the kernel would stay on the machine.
disable_apparmor = true
[${cri}.cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${folder}/cni"
[${cri}.registry.mirrors."${host}"]
endpoint = ["http://${host}"]
[${cri}.registry.configs."${host}".auth]
username = "${username}"
password = "${password}"
`;
}

/** Starts the one node's agent; it is ready when its own health check answers. */
export async function startKubelet(site: Site): Promise<Daemon> {
  const folder = join(site.runFolder, "kubelet");
  await mkdir(folder, { recursive: true });
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify(kubeletConfig(site)));
  const daemon = site.start("kubelet", site.parts.kubelet, [
    `--config=${config}`,
    `--kubeconfig=${site.users.kubeconfig("system:node:sluice")}`,
    `--root-dir=${join(folder, "root")}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${nodeAddress}`,
  ]);
  await waitUntilReady(daemon, () => answers("http://127.0.0.1:10248/healthz"));
  return daemon;
}

function kubeletConfig(site: Site): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: site.certificates.authority.certificate },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: site.certificates.kubelet.certificate,
    tlsPrivateKeyFile: site.certificates.kubelet.key,
    containerRuntimeEndpoint: `unix://${socketOf(site)}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: site.cgroup,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    // A node that says "ready" every 10 s would make every start wait for it.
    nodeStatusUpdateFrequency: "1s",
    serializeImagePulls: false,
    registryPullQPS: 0,
    // A name server that refuses at once: pods look nothing up, and one that stayed silent would stall them.
    clusterDNS: [nodeAddress],
    clusterDomain: "cluster.local",
    resolvConf: "",
    podLogsDir: join(site.runFolder, "pod-logs"),
  };
}

/** Starts the service router; its rules stay in the world's own network. */
export async function startKubeProxy(site: Site): Promise<Daemon> {
  const config = join(site.runFolder, "kube-proxy.json");
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      clientConnection: { kubeconfig: site.users.kubeconfig("system:kube-proxy") },
      hostnameOverride: nodeName,
      mode: "iptables",
      clusterCIDR: podCidr,
      // Larger tables would be a setting of the whole machine.
      conntrack: { maxPerCore: 0 },
      bindAddress: "0.0.0.0",
    }),
  );
  const daemon = site.start("kube-proxy", site.parts.kubeProxy, [`--config=${config}`]);
  await waitUntilReady(daemon, () => answers("http://127.0.0.1:10256/healthz"));
  return daemon;
}
