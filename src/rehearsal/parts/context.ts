import { mustSucceed, type Shell, type ShellOptions, shell } from "../../platform/shell.ts";
import { cacheFolder } from "./cache.ts";
import type { Progress } from "./progress.ts";

/** What every way of getting a part is told. */
export interface Preparation {
  readonly cache: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
  readonly shell: Shell;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** The preparation of this machine, in this environment. */
export function preparationHere(progress: Progress, signal: AbortSignal): Preparation {
  return { cache: cacheFolder(), env: process.env, progress, shell, fetch, signal };
}

/** Runs a program that must succeed; a cancelled preparation ends it. */
export function run(
  preparation: Preparation,
  program: string,
  args: readonly string[],
  options: ShellOptions = {},
): Promise<string> {
  return mustSucceed(preparation.shell, program, args, {
    ...options,
    signal: preparation.signal,
    graceMs: 2000,
  });
}
