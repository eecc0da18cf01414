import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, glob, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, OutsideError } from "../../core/errors.ts";
import { cached } from "./cache.ts";
import { type Preparation, run } from "./context.ts";
import { isExecutable } from "./path.ts";
import { formatBytes, told } from "./progress.ts";

/** Packages that are wanted together, and the programs by which one sees that nothing is missing. */
export interface PackageGroup {
  readonly name: string;
  readonly packages: readonly string[];
  /** Names to be found in a folder of programs, or patterns of absolute paths. */
  readonly programs: readonly string[];
}

/** What a world needs from the distribution. */
export const worldPackages: PackageGroup = {
  name: "world",
  packages: [
    ...["etcd-server", "containerd", "runc", "containernetworking-plugins", "docker-registry", "buildah"],
    ...["prometheus", "postgresql", "iptables", "conntrack", "iproute2", "busybox-static", "openssl"],
  ],
  programs: [
    ...["etcd", "containerd", "containerd-shim-runc-v2", "runc", "docker-registry", "buildah", "prometheus"],
    ...["iptables", "conntrack", "ip", "busybox", "openssl"],
    ...["/usr/lib/cni/bridge", "/usr/lib/postgresql/*/bin/initdb"],
  ],
};

/**
 * A folder with the unpacked packages that the machine lacks for a group, or undefined when it lacks none. Nothing is
 * installed: apt only says what is missing, in lists of our own.
 */
export async function providePackages(
  preparation: Preparation,
  group: PackageGroup,
): Promise<string | undefined> {
  const missing = await missingPrograms(group);
  if (missing.length === 0) return undefined;
  if (!existsSync("/usr/bin/apt-get")) {
    throw new OutsideError(
      `${missing.join(", ")} cannot be had here: they come from Debian or Ubuntu packages and this machine has no apt-get; put them into /usr`,
    );
  }
  const folder = join(preparation.cache, "packages");
  const name = `${group.name}-${await fingerprint(group)}`;
  const root = await cached(join(folder, name), (temporary) => fill(preparation, group, temporary));
  await removeOlder(folder, { name, group });
  return root;
}

async function missingPrograms(group: PackageGroup): Promise<readonly string[]> {
  const found = await Promise.all(group.programs.map((program) => isThere(program)));
  return group.programs.filter((_, index) => found[index] !== true);
}

async function isThere(program: string): Promise<boolean> {
  if (program.startsWith("/")) return (await Array.fromAsync(glob(program))).length > 0;
  const folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, program))));
  return found.includes(true);
}

/** What is missing depends on what the machine has: another state of its packages is another folder. */
async function fingerprint(group: PackageGroup): Promise<string> {
  const status = await readFile("/var/lib/dpkg/status").catch(() => Buffer.alloc(0));
  return createHash("sha256").update(status).update(group.packages.join()).digest("hex").slice(0, 12);
}

async function removeOlder(folder: string, kept: { name: string; group: PackageGroup }): Promise<void> {
  const names = await readdir(folder);
  const older = names.filter((name) => name.startsWith(`${kept.group.name}-`) && name !== kept.name);
  for (const name of older) await rm(join(folder, name), { recursive: true, force: true });
}

async function fill(preparation: Preparation, group: PackageGroup, temporary: string): Promise<void> {
  const apt = await makeAptFolder(join(preparation.cache, "apt"));
  const aptGet = (...args: readonly string[]) =>
    run(preparation, "apt-get", args, { env: apt, cwd: temporary });
  await mkdir(temporary, { recursive: true });
  await told(preparation.progress, "Debian packages: reading what there is", async () => {
    // A foreign source that is down is no reason to stop: what matters is whether the packages are found.
    const problem = await aptGet("update", "-qq").then(() => "", messageOf);
    return { result: undefined, ends: `Debian packages: ${problem === "" ? "lists read" : problem}` };
  });
  const simulated = await aptGet("install", "-s", "--no-install-recommends", ...group.packages).catch(
    (error) => {
      throw new OutsideError(
        `${group.packages.join(", ")} cannot be had here: ${messageOf(error)}; allow the machine's package sources or install them`,
      );
    },
  );
  const wanted = packagesOf(simulated);
  const begins = `Debian packages: downloading ${wanted.length} for ${group.packages.join(", ")}`;
  await told(preparation.progress, begins, async () => {
    await aptGet("download", "-qq", ...wanted);
    const bytes = await unpackAll(preparation, temporary);
    return { result: undefined, ends: `Debian packages: ${formatBytes(bytes)} unpacked, nothing installed` };
  });
  await writeFile(join(temporary, "packages.txt"), `${wanted.join("\n")}\n`);
}

/** The packages, with versions, that a simulated install would bring: new ones and newer ones. */
export function packagesOf(simulated: string): readonly string[] {
  return [...simulated.matchAll(/^Inst (\S+)(?: \[[^\]]*\])? \((\S+) /gm)].map(
    ([, name, version]) => `${name}=${version}`,
  );
}

/** Lists and downloads of our own, so that the machine's package state is only read. */
async function makeAptFolder(folder: string): Promise<Readonly<Record<string, string>>> {
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "archives", "partial"), { recursive: true });
  const file = join(folder, "apt.conf");
  const lines = [
    `Dir::State::lists "${join(folder, "lists")}";`,
    `Dir::Cache "${folder}";`,
    'APT::Sandbox::User "root";',
    'Acquire::Retries "3";',
    'Acquire::Languages "none";',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  return { APT_CONFIG: file, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
}

async function unpackAll(preparation: Preparation, folder: string): Promise<number> {
  const archives = (await readdir(folder)).filter((name) => name.endsWith(".deb"));
  let bytes = 0;
  for (const name of archives) {
    const archive = join(folder, name);
    bytes += (await readFile(archive)).length;
    await run(preparation, "dpkg-deb", ["-x", archive, folder]);
    await rm(archive);
  }
  // Machines whose /bin is a link to /usr/bin get all programs there, wherever a package has put them.
  for (const top of ["bin", "sbin", "lib", "lib64"]) {
    if (!existsSync(join(folder, top))) continue;
    await cp(join(folder, top), join(folder, "usr", top), { recursive: true, verbatimSymlinks: true });
    await rm(join(folder, top), { recursive: true });
  }
  for (const unused of ["usr/share/doc", "usr/share/man", "usr/include"]) {
    await rm(join(folder, unused), { recursive: true, force: true });
  }
  return bytes;
}
