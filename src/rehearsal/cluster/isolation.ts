import { existsSync } from "node:fs";
import { mkdir, statfs, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { mustSucceed, shell } from "../../platform/shell.ts";
import type { Inside } from "./inside.ts";

/** The one address of the node; it lies on the loopback device of the world's own network. */
export const nodeAddress = "10.98.0.1";
export const podCidr = "10.244.0.0/16";
export const serviceCidr = "10.96.0.0/16";

const overlayType = 0x794c7630;

/**
 * Makes this process' namespaces fit for a cluster: private file system layers with the unpacked packages in them,
 * and a network of its own. Refuses to run in the machine's own namespaces.
 */
export async function isolate(inside: Inside): Promise<void> {
  await refuseOnTheMachineItself();
  await mount("--make-rprivate", "/");
  // An overlay cannot write to another overlay, which the whole disk of a container is.
  if ((await statfs(inside.runFolder)).type === overlayType) {
    await mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", inside.runFolder);
  }
  const kept = await keepAside(inside);
  for (const folder of ["usr", "etc", "var"]) await layOver(inside, folder);
  await mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run");
  await mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/dev/shm");
  for (const one of kept) await mount("--move", one.aside, one.folder);
  await answerForKernel(inside);
  await addFilesOfPackages();
  await raiseNetwork();
}

async function refuseOnTheMachineItself(): Promise<void> {
  const devices = await mustSucceed(shell, "cat", ["/proc/net/dev"]);
  const others = devices
    .split("\n")
    .filter((line) => line.includes(":") && !/^\s*(lo|sit0|tunl0):/.test(line));
  if (others.length > 0) throw new Error("The world may only be made in a network namespace of its own");
}

function mount(...args: readonly string[]): Promise<string> {
  return mustSucceed(shell, "mount", args);
}

interface Kept {
  readonly folder: string;
  readonly aside: string;
}

/** A checkout or cache under /var or /usr must stay the real one: what is written there has to outlive the world. */
async function keepAside(inside: Inside): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  const folders = [...new Set([process.cwd(), inside.runFolder, inside.cache])].map((one) => resolve(one));
  for (const folder of folders.filter((one) => /^\/(usr|etc|var|run)\//.test(one))) {
    const aside = join(inside.runFolder, "aside", String(kept.length));
    await mkdir(aside, { recursive: true });
    await mount("--bind", folder, aside);
    kept.push({ folder, aside });
  }
  return kept;
}

/** Lays the packages' folder and a private writable layer over a folder of the machine. */
async function layOver(inside: Inside, folder: string): Promise<void> {
  const upper = join(inside.runFolder, "layers", folder, "upper");
  const work = join(inside.runFolder, "layers", folder, "work");
  await Promise.all([mkdir(upper, { recursive: true }), mkdir(work, { recursive: true })]);
  // Configuration of packages stays out: it could replace the machine's own, and none of it is needed.
  const roots = folder === "usr" ? inside.parts.overlayRoots.map((root) => join(root, folder)) : [];
  const lower = [...roots.filter((root) => existsSync(root)), `/${folder}`].join(":");
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await mount("-t", "overlay", "-o", options, "overlay", `/${folder}`);
}

/**
 * The kubelet sets these switches of the whole kernel if they differ. Here it finds them as it wants them, in files
 * mounted over them, so the machine keeps its own values.
 */
const kernelSwitches: Readonly<Record<string, string>> = {
  "/proc/sys/vm/overcommit_memory": "1",
  "/proc/sys/vm/panic_on_oom": "0",
  "/proc/sys/kernel/panic": "10",
  "/proc/sys/kernel/panic_on_oops": "1",
  "/proc/sys/kernel/keys/root_maxkeys": "1000000",
  "/proc/sys/kernel/keys/root_maxbytes": "25000000",
};

async function answerForKernel(inside: Inside): Promise<void> {
  const folder = join(inside.runFolder, "kernel");
  await mkdir(folder, { recursive: true });
  for (const [path, value] of Object.entries(kernelSwitches)) {
    if (!existsSync(path)) continue;
    const file = join(folder, path.slice(1).replaceAll("/", "."));
    await writeFile(file, `${value}\n`);
    await mount("--bind", file, path);
  }
}

/** What the packages' install scripts would have made, as far as the world needs it. */
async function addFilesOfPackages(): Promise<void> {
  for (const family of ["iptables", "ip6tables"]) {
    for (const tool of [family, `${family}-save`, `${family}-restore`]) {
      if (existsSync(`/usr/sbin/${tool}`)) continue;
      const kind = tool.replace(family, `${family}-nft`);
      await symlink(kind, `/usr/sbin/${tool}`);
    }
  }
  await mkdir("/etc/containers", { recursive: true });
  const policy = { default: [{ type: "insecureAcceptAnything" }] };
  await writeFile("/etc/containers/policy.json", JSON.stringify(policy));
  await writeFile("/etc/containers/registries.conf", "unqualified-search-registries = []\n");
}

async function raiseNetwork(): Promise<void> {
  const ip = (...args: readonly string[]) => mustSucceed(shell, "ip", args);
  await ip("link", "set", "lo", "up");
  await ip("address", "add", `${nodeAddress}/32`, "dev", "lo");
  // Without a route the kernel would refuse service addresses before kube-proxy's rules see them.
  await ip("route", "add", serviceCidr, "dev", "lo", "src", nodeAddress);
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
}
