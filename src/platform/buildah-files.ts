import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../core/json.ts";
import { authFiles, type Credentials, readAuthFile } from "./registry-auth.ts";
import { mustSucceed, type Shell } from "./shell.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The private folder of one build. Everything buildah keeps or is told lies in it. */
export interface BuildFolder {
  readonly path: string;
  /** Arguments before the verb. */
  readonly globals: readonly string[];
  /** Arguments of every verb that reads images. */
  readonly trust: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface BuildFolderRequest {
  readonly env: Env;
  readonly buildah: string;
  readonly shell: Shell;
  /** Registries on this machine, spoken to without TLS. */
  readonly localRegistries: readonly string[];
  /** A login given to the action and its host. */
  readonly login?: { readonly host: string; readonly credentials: Credentials } | undefined;
}

/** Runs a build with a private folder that is gone afterwards, storage and credentials included. */
export async function withBuildFolder<T>(
  request: BuildFolderRequest,
  body: (folder: BuildFolder) => Promise<T>,
): Promise<T> {
  const path = await mkdtemp(join(request.env.RUNNER_TEMP ?? "/tmp", "sluice-build-"));
  try {
    return await body(await prepare(path, request));
  } finally {
    await removeTree(path, request);
  }
}

async function prepare(path: string, request: BuildFolderRequest): Promise<BuildFolder> {
  const temporary = join(path, "tmp");
  await mkdir(temporary);
  const registries = await registriesArgs(path, request);
  return {
    path,
    globals: [
      ...["--storage-driver", "vfs", "--root", join(path, "storage"), "--runroot", join(path, "run")],
      ...registries,
    ],
    trust: [...(await policyArgs(path, request.env)), ...(await authArgs(path, request))],
    env: { TMPDIR: temporary, BUILDAH_ISOLATION: "chroot" },
  };
}

/** A registries.conf of ours where the machine has none, or where a registry on this machine must be made known. */
async function registriesArgs(path: string, request: BuildFolderRequest): Promise<readonly string[]> {
  const own = await readFirst(configPaths(request.env, "registries.conf"));
  if (own !== undefined && request.localRegistries.length === 0) return [];
  const local = request.localRegistries.map(
    (host) => `[[registry]]\nlocation = ${JSON.stringify(host)}\ninsecure = true\n`,
  );
  const file = join(path, "registries.conf");
  // Buildah 1.28 reads one file only, so the machine's own comes first in ours.
  const text = [own ?? 'unqualified-search-registries = ["docker.io"]', ...local].join("\n");
  await writeFile(file, text);
  return ["--registries-conf", file];
}

/** Buildah refuses to read any image without a policy file; a machine that has one keeps its own. */
async function policyArgs(path: string, env: Env): Promise<readonly string[]> {
  if ((await readFirst(configPaths(env, "policy.json"))) !== undefined) return [];
  const file = join(path, "policy.json");
  await writeFile(file, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  return ["--signature-policy", file];
}

/** The login given to the action in an auth file of its own, together with what the machine's files hold. */
async function authArgs(path: string, { env, login }: BuildFolderRequest): Promise<readonly string[]> {
  if (login === undefined || login.credentials.kind !== "password") return [];
  const { user, password } = login.credentials;
  const auth = Buffer.from(`${user}:${password}`).toString("base64");
  const merged: Record<string, unknown> = {};
  for (const known of authFiles(env).toReversed()) {
    const document = await readAuthFile(known);
    Object.assign(merged, isRecord(document?.auths) ? document.auths : {});
  }
  const file = join(path, "auth.json");
  await writeFile(file, JSON.stringify({ auths: { ...merged, [login.host]: { auth } } }), { mode: 0o600 });
  return ["--authfile", file];
}

function configPaths(env: Env, name: string): readonly string[] {
  const config = env.XDG_CONFIG_HOME ?? join(env.HOME ?? "/root", ".config");
  return [join(config, "containers", name), join("/etc/containers", name)];
}

async function readFirst(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      return await readFile(path, "utf8");
    } catch {
      // The next place is asked.
    }
  }
  return undefined;
}

async function removeTree(path: string, { buildah, shell }: BuildFolderRequest): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // Without root the layers belong to subordinate users, whom only buildah's own namespace may remove.
    await mustSucceed(shell, buildah, ["unshare", "rm", "-rf", path]);
  }
}
