import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, chmod, constants, glob, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { coerce, satisfies } from "semver";
import { ConfigError, messageOf, OutsideError } from "../core/errors.ts";
import type { Runner } from "./github-runner.ts";
import { describeFailure, type Shell } from "./shell.ts";
import { type LockedDownload, type LockedTool, lockedTool, lockedTools } from "./tool-lock.ts";

export interface ToolRequest {
  readonly runner: Pick<Runner, "env" | "info">;
  readonly shell: Shell;
  /** Exactly this version, or a failure. Without it any version that fits. */
  readonly version?: string;
}

/** How each tool is asked for its version, and where distributions hide it. */
const knowledge: Readonly<Record<string, { readonly version: readonly string[]; readonly also?: string }>> = {
  helm: { version: ["version", "--short"] },
  kubectl: { version: ["version", "--client"] },
  gitleaks: { version: ["version"] },
  "osv-scanner": { version: ["--version"] },
  buildah: { version: ["--version"] },
  psql: { version: ["--version"], also: "/usr/lib/postgresql/*/bin" },
  pg_restore: { version: ["--version"], also: "/usr/lib/postgresql/*/bin" },
  initdb: { version: ["--version"], also: "/usr/lib/postgresql/*/bin" },
  postgres: { version: ["--version"], also: "/usr/lib/postgresql/*/bin" },
};

/**
 * The path of a tool: PATH if its version fits (or is exactly the one asked), then the tool cache, then a release
 * download whose digest is locked, then `go install` of a pinned version. The first that works is taken.
 */
export async function findTool(name: string, request: ToolRequest): Promise<string> {
  const locked = lockedTool(name, request.version) ?? likeLocked(name, request.version);
  const tried: string[] = [];
  const onPath = await findOnPath(name, request, { locked, tried });
  if (onPath !== undefined) return onPath;
  if (locked === undefined) throw new ConfigError(missingSentence(name, request, tried));
  const ways = [
    () => fromToolCache(locked),
    () => fromDownload(locked, request),
    () => fromGo(locked, request),
  ];
  for (const way of ways) {
    try {
      const path = await way();
      if (path === undefined) continue;
      const version = request.version === undefined ? undefined : await versionOf(path, name, request);
      if (version === request.version) return path;
      tried.push(`${path} is ${version ?? "of an unknown version"}`);
    } catch (error) {
      tried.push(messageOf(error));
    }
  }
  throw new ConfigError(missingSentence(name, request, tried));
}

/** A version that is not locked can still be built: Go's checksum database vouches for it, whoever asks. */
function likeLocked(name: string, version: string | undefined): LockedTool | undefined {
  if (version === undefined) return undefined;
  const major = coerce(version)?.major;
  const like = lockedTools.find((tool) => tool.name === name && coerce(tool.version)?.major === major);
  if (like?.goInstall === undefined) return undefined;
  const { ldflags, ...goInstall } = like.goInstall;
  const flags = ldflags === undefined ? {} : { ldflags: ldflags.replaceAll(like.version, version) };
  return { ...like, version, platforms: {}, goInstall: { ...goInstall, version: `v${version}`, ...flags } };
}

function missingSentence(name: string, request: ToolRequest, tried: readonly string[]): string {
  const wanted = request.version === undefined ? name : `${name} ${request.version}`;
  const known = lockedTools.filter((tool) => tool.name === name).map(({ version }) => version);
  const isLocked = request.version === undefined ? known.length > 0 : known.includes(request.version);
  const versions = known.length === 0 ? "" : ` (downloads are known of ${known.join(", ")})`;
  const ways = isLocked
    ? "install it on the runner or allow its download"
    : `install it on the runner${versions}`;
  return `${wanted} was not found: ${[...tried, ways].join("; ")}`;
}

interface PathSearch {
  readonly locked: LockedTool | undefined;
  readonly tried: string[];
}

async function findOnPath(
  name: string,
  request: ToolRequest,
  search: PathSearch,
): Promise<string | undefined> {
  const folders = (request.runner.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const also = knowledge[name]?.also;
  const hidden = also === undefined ? [] : (await Array.fromAsync(glob(also))).toSorted().reverse();
  for (const folder of [...folders, ...hidden]) {
    const path = join(folder, name);
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(path, name, request);
    if (fits(version, request.version ?? search.locked?.fits)) return path;
    search.tried.push(`${path} is ${version ?? "of an unknown version"}`);
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(path: string, name: string, { shell }: ToolRequest): Promise<string | undefined> {
  const ran = await shell(path, knowledge[name]?.version ?? ["--version"], { timeoutMs: 20_000 });
  const text = /\d+\.\d+(?:\.\d+)?/.exec(ran.stdout)?.[0];
  return text === undefined ? undefined : coerce(text)?.version;
}

function fits(version: string | undefined, range: string | undefined): boolean {
  if (range === undefined) return true;
  return version !== undefined && satisfies(version, range);
}

function goArch(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}

function platformOf(): string {
  return `${process.platform}-${process.arch}`;
}

async function fromToolCache(tool: LockedTool): Promise<string | undefined> {
  if ((process.env.RUNNER_TOOL_CACHE ?? "") === "") return undefined;
  const { find } = await import("@actions/tool-cache");
  // The second name is that of the setup actions, which keep the program in a folder of their archive.
  const folders = [`sluice-${tool.name}`, tool.name].map((name) => find(name, tool.version));
  const paths = folders
    .filter((folder) => folder !== "")
    .flatMap((folder) => [join(folder, tool.name), join(folder, `linux-${goArch()}`, tool.name)]);
  for (const path of paths) if (await isExecutable(path)) return path;
  return undefined;
}

async function fromDownload(tool: LockedTool, { runner }: ToolRequest): Promise<string | undefined> {
  const download = tool.platforms[platformOf()];
  if (download === undefined) return undefined;
  const cache = await import("@actions/tool-cache");
  runner.info(`Downloading ${tool.name} ${tool.version}`);
  const file = await cache.downloadTool(download.url);
  await verifyDigest(file, tool, download);
  if (download.path === undefined) {
    const folder = await cache.cacheFile(file, tool.name, `sluice-${tool.name}`, tool.version);
    return makeExecutable(join(folder, tool.name));
  }
  const unpacked = await cache.extractTar(file);
  const folder = await cache.cacheFile(
    join(unpacked, download.path),
    tool.name,
    `sluice-${tool.name}`,
    tool.version,
  );
  return makeExecutable(join(folder, tool.name));
}

async function verifyDigest(file: string, tool: LockedTool, download: LockedDownload): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const got = hash.digest("hex");
  if (got === download.sha256) return;
  throw new OutsideError(
    `The download of ${tool.name} ${tool.version} has SHA-256 ${got}, wanted ${download.sha256}`,
  );
}

async function makeExecutable(path: string): Promise<string> {
  await chmod(path, 0o755);
  return path;
}

/** Builds a pinned version; Go's checksum database vouches for the source. */
async function fromGo(tool: LockedTool, { runner, shell }: ToolRequest): Promise<string | undefined> {
  if (tool.goInstall === undefined) return undefined;
  const bin = join(process.env.RUNNER_TEMP ?? "/tmp", "sluice-tools", `${tool.name}-${tool.version}`);
  await mkdir(bin, { recursive: true });
  runner.info(`Building ${tool.name} ${tool.version} with go install`);
  const args = ["install", "-trimpath", "-ldflags", tool.goInstall.ldflags ?? "-s -w"];
  const ran = await shell("go", [...args, `${tool.goInstall.package}@${tool.goInstall.version}`], {
    env: { GOBIN: bin, CGO_ENABLED: "0", GOFLAGS: "", GOTOOLCHAIN: tool.goInstall.toolchain ?? "auto" },
    timeoutMs: 20 * 60_000,
  });
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure("go", args, ran));
  const built = join(bin, tool.goInstall.package.split("/").at(-1) ?? tool.name);
  for (const path of [join(bin, tool.name), built]) if (await isExecutable(path)) return path;
  return undefined;
}
