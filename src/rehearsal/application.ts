import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustSucceed, shell } from "../platform/shell.ts";

const sample = new URL("../../examples/web/", import.meta.url).pathname;

/** The workflow of the sample application that a scenario runs unless it names another. */
export const caller = ".github/workflows/commit-to-production.yml";

/** Faults the sample application can be built with; see `examples/web/src/faults.ts`. */
export interface Faults {
  readonly errorRate?: number;
  readonly latencyFactor?: number;
  readonly latencyMs?: number;
  readonly crashAtStart?: boolean;
  readonly failMigration?: boolean;
  /** The one environment in which they count. */
  readonly environment?: string;
}

/** A repository of the sample application, as a team would have it. */
export interface Application {
  readonly folder: string;
  /** Adds or replaces a file; a change is part of the next commit. */
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** Bakes faults into the next image; none makes it healthy. */
  setFaults(faults: Faults | undefined): Promise<void>;
  /** Commits everything and returns the commit. */
  commit(message: string): Promise<string>;
}

/** Makes the repository from `examples/web`, with one commit. */
export async function makeApplication(folder: string): Promise<Application> {
  await mkdir(folder, { recursive: true });
  await cp(sample, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const git = (...args: readonly string[]) =>
    mustSucceed(shell, "git", ["-C", folder, ...args], { env: gitEnv });
  await git("init", "--quiet", "--initial-branch", "main");
  const application: Application = {
    folder,
    write: async (path, text) => {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    read: (path) => readFile(join(folder, path), "utf8"),
    setFaults: async (faults) => {
      const file = join(folder, "faults.json");
      if (faults === undefined) await rm(file, { force: true });
      else await writeFile(file, `${JSON.stringify(faults)}\n`);
    },
    commit: async (message) => {
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--message", message);
      return (await git("rev-parse", "HEAD")).trim();
    },
  };
  return application;
}

// The machine's own git settings (signing, hooks, names) have no say in the rehearsal.
const gitEnv = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "rehearsal",
  GIT_AUTHOR_EMAIL: "rehearsal@example.test",
  GIT_COMMITTER_NAME: "rehearsal",
  GIT_COMMITTER_EMAIL: "rehearsal@example.test",
};
