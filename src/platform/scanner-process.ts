import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ActionContext } from "./action.ts";
import type { Runner } from "./github-runner.ts";
import type { Shell } from "./shell.ts";
import { findTool } from "./tools.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What a scanner is run with: its path, and the least it needs of the step's surroundings. */
export interface ScannerProcess {
  readonly program: string;
  /** As the program states it; "unknown" for a build that does not. */
  readonly version: string;
  readonly shell: Shell;
  readonly env: Env;
  /** A private folder for configuration and reports, removed after the scan. */
  readonly folder: string;
  readonly timeoutMs: number;
}

/** Enough for a program to run and to reach a proxy. */
const passedOn = new Set([
  "PATH",
  "HOME",
  "LANG",
  "TMPDIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
]);

/**
 * The environment of a scanner as changes to this process's: tokens, inputs and cloud credentials are taken out.
 * Scanners have been poisoned before, and a green scan proves nothing about the scanner.
 */
export function scannerEnvironment(env: Env): Env {
  const kept = (name: string) => passedOn.has(name.toUpperCase());
  return Object.fromEntries(Object.keys(env).flatMap((name) => (kept(name) ? [] : [[name, undefined]])));
}

/** Runs a body with a folder that only this user can read, and removes it whatever happens. */
export async function withPrivateFolder<T>(
  runner: Pick<Runner, "env">,
  body: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = runner.env.RUNNER_TEMP ?? "/tmp";
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "sluice-scan-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface ScannerWish {
  readonly context: Pick<ActionContext, "runner" | "shell">;
  readonly folder: string;
  readonly timeoutMs: number;
}

/** Finds a scanner and asks it for its version. */
export async function findScanner(
  name: "gitleaks" | "osv-scanner",
  { context, folder, timeoutMs }: ScannerWish,
): Promise<ScannerProcess> {
  const { runner, shell } = context;
  const program = await findTool(name, { runner, shell });
  const env = scannerEnvironment(runner.env);
  const ran = await shell(program, [name === "gitleaks" ? "version" : "--version"], {
    env,
    timeoutMs: 20_000,
  });
  const version = /\d+\.\d+\.\d+/.exec(ran.stdout)?.[0] ?? "unknown";
  return { program, version, shell, env, folder, timeoutMs };
}
