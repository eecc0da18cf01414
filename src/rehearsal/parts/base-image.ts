import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OutsideError } from "../../core/errors.ts";
import { addVulnerablePackage, vulnerablePackage } from "../vulnerable-dependency.ts";
import { cached } from "./cache.ts";
import { type Preparation, run } from "./context.ts";
import { writeLayout } from "./image-layout.ts";
import { told } from "./progress.ts";

const npmVersion = "11.6.2";
/** Raise it when what is put into the images changes. */
const recipe = 2;

export interface BaseImages {
  readonly node: string;
  readonly pause: string;
}

/** The images that the public registry would give: Node with npm and a shell, and the pod's own process. */
export async function provideImages(preparation: Preparation, busybox: string): Promise<BaseImages> {
  const folder = join(preparation.cache, "images");
  const pause = await cached(join(folder, `pause-${recipe}`), (temporary) => makePause(temporary, busybox));
  if (!process.version.startsWith("v24.")) {
    throw new OutsideError(
      `The base image takes the Node it runs on, which must be 24: got ${process.version}; start with npm run rehearse`,
    );
  }
  const name = `node-${process.version}-${await fingerprint()}`;
  const node = await cached(join(folder, name), (temporary) =>
    told(
      preparation.progress,
      `Base image node:24: putting together from Node ${process.version}`,
      async () => {
        await makeNode(preparation, temporary, busybox);
        return { result: undefined, ends: "Base image node:24: ready" };
      },
    ),
  );
  return { node, pause };
}

const application = fileURLToPath(new URL("../../../examples/web", import.meta.url));

async function fingerprint(): Promise<string> {
  const lock = await readFile(join(application, "package-lock.json"));
  const text = [npmVersion, vulnerablePackage, recipe].join();
  return createHash("sha256").update(lock).update(text).digest("hex").slice(0, 12);
}

async function makePause(folder: string, busybox: string): Promise<void> {
  const root = join(folder, "root");
  await mkdir(root, { recursive: true });
  await copyFile(busybox, join(root, "sleep"));
  await chmod(join(root, "sleep"), 0o755);
  await writeLayout(folder, root, { env: [], command: ["/sleep", "2147483647"] });
  await rm(root, { recursive: true });
}

async function makeNode(preparation: Preparation, folder: string, busybox: string): Promise<void> {
  const root = join(folder, "root");
  for (const made of ["bin", "etc", "usr/local/bin", "opt", "home/node", "root", "var"]) {
    await mkdir(join(root, made), { recursive: true });
  }
  await mkdir(join(root, "tmp"));
  await chmod(join(root, "tmp"), 0o1777);
  await addBusybox(preparation, root, busybox);
  await addProgram(preparation, root, { from: process.execPath, to: "/usr/local/bin/node" });
  await addUsers(root);
  await addCertificates(root);
  const registry = (await run(preparation, "npm", ["config", "get", "registry"], { cwd: folder })).trim();
  await addNpm(preparation, { folder, root, registry });
  await writeLayout(folder, root, {
    env: [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      `NODE_VERSION=${process.version.slice(1)}`,
      // There is no network where the application is built: npm finds its packages here.
      "npm_config_cache=/opt/npm",
      "npm_config_offline=true",
      `npm_config_registry=${registry}`,
      "npm_config_update_notifier=false",
    ],
    command: ["node"],
  });
  await rm(root, { recursive: true });
}

async function addBusybox(preparation: Preparation, root: string, busybox: string): Promise<void> {
  await copyFile(busybox, join(root, "bin/busybox"));
  await chmod(join(root, "bin/busybox"), 0o755);
  const applets = (await run(preparation, busybox, ["--list"])).trim().split("\n");
  for (const applet of applets) if (applet !== "busybox") await symlink("busybox", join(root, "bin", applet));
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await symlink("/bin/env", join(root, "usr/bin/env"));
}

/** Copies a program with the libraries it is linked to, at the paths where it looks for them. */
async function addProgram(
  preparation: Preparation,
  root: string,
  program: { readonly from: string; readonly to: string },
): Promise<void> {
  const linked = await run(preparation, "ldd", [program.from]);
  const libraries = [...linked.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path]) => path ?? "");
  for (const path of libraries) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await copyFile(path, join(root, path));
    await chmod(join(root, path), 0o755);
  }
  await copyFile(program.from, join(root, program.to));
  await chmod(join(root, program.to), 0o755);
}

async function addUsers(root: string): Promise<void> {
  const users = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
  await writeFile(join(root, "etc/passwd"), users);
  await writeFile(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n");
  await chown(join(root, "home/node"), 1000, 1000);
}

async function addCertificates(root: string): Promise<void> {
  const file = "/etc/ssl/certs/ca-certificates.crt";
  if (!existsSync(file)) return;
  await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
  await copyFile(file, join(root, file));
}

interface Npm {
  readonly folder: string;
  readonly root: string;
  readonly registry: string;
}

async function addNpm(preparation: Preparation, { folder, root, registry }: Npm): Promise<void> {
  const work = await mkdtemp(join(folder, "npm-"));
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const env = { npm_config_registry: registry, NODE_DISABLE_COMPILE_CACHE: "1" };
  await run(preparation, "npm", ["pack", `npm@${npmVersion}`, "--silent"], { cwd: work, env });
  const home = join(root, "usr/local/lib/node_modules/npm");
  await mkdir(home, { recursive: true });
  await run(preparation, "tar", [
    "-xzf",
    join(work, `npm-${npmVersion}.tgz`),
    "-C",
    home,
    "--strip-components=1",
  ]);
  for (const tool of ["npm", "npx"]) {
    await symlink(`../lib/node_modules/npm/bin/${tool}-cli.js`, join(root, "usr/local/bin", tool));
  }
  // The cache is filled by the npm that will read it: its keys are what that one asks for.
  const npm = (...args: readonly string[]) =>
    run(
      preparation,
      process.execPath,
      [join(home, "bin/npm-cli.js"), ...args, "--cache", join(root, "opt/npm"), ...quiet],
      {
        cwd: work,
        env,
      },
    );
  for (const file of ["package.json", "package-lock.json"])
    await cp(join(application, file), join(work, file));
  await npm("ci");
  // `npm ci` asks for a package in another way than `npm install` does, so the scenario's package is cached by it, too.
  const [manifest, lock] = [join(work, "package.json"), join(work, "package-lock.json")];
  const added = addVulnerablePackage(await readFile(manifest, "utf8"), await readFile(lock, "utf8"));
  await writeFile(manifest, added.manifest);
  await writeFile(lock, added.lock);
  await npm("ci");
  await rm(work, { recursive: true });
  await rm(join(root, "opt/npm/_logs"), { recursive: true, force: true });
}
