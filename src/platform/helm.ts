import { OutsideError } from "../core/errors.ts";
import { parseJson, textAt } from "../core/json.ts";
import { type HelmRevision, type HelmStatus, parseHistory, parseStatus } from "../domain/release/history.ts";
import { clusterTrouble } from "./cluster-trouble.ts";
import { describeFailure, type Ran, type Shell, type ShellOptions } from "./shell.ts";

/** What is installed: a chart with its values. */
export interface ChartRequest {
  readonly release: string;
  readonly namespace: string;
  /** A folder, an archive or an oci:// reference. */
  readonly chart: string;
  /** In the order in which they win: the last one most. */
  readonly valuesFiles: readonly string[];
}

export interface UpgradeRequest extends ChartRequest {
  readonly timeoutMs: number;
  /** Kept on Helm's own Secret of the revision. */
  readonly labels: Readonly<Record<string, string>>;
  readonly createNamespace: boolean;
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

export interface HelmWait {
  readonly timeoutMs: number;
  /** Without one, the step's. `helm rollback` leaves its lock behind when it is interrupted. */
  readonly signal?: AbortSignal;
}

export interface HelmRemoval extends HelmWait {
  /** Keeps the revisions, so that `rollback` can bring one of them back later. */
  readonly keepHistory?: true;
}

/** helm as a process. What may fail for reasons a caller judges returns `Ran`; the rest throws OutsideError. */
export interface Helm {
  /** Waits until the release is ready. An abort of the signal makes helm record the revision as failed. */
  upgradeInstall(request: UpgradeRequest, signal: AbortSignal): Promise<Ran>;
  /** The manifest with hooks, rendered with the cluster's capabilities and lookups. */
  template(
    request: ChartRequest,
    options: {
      readonly isUpgrade: boolean;
      /** Without the cluster, for a chart whose own kinds are not there yet. */
      readonly isOffline?: boolean;
    },
  ): Promise<string>;
  /** Ascending; empty when there is no such release. */
  history(release: string, namespace: string): Promise<readonly HelmRevision[]>;
  rollback(release: string, revision: number, namespace: string, wait: HelmWait): Promise<Ran>;
  /** Removes the release; one that is not there is no error. */
  uninstall(release: string, namespace: string, removal: HelmRemoval): Promise<Ran>;
  getManifest(release: string, namespace: string, revision?: number): Promise<string>;
  /** The hooks of a revision, as one manifest. */
  getHooks(release: string, namespace: string, revision?: number): Promise<string>;
  /** The values that a revision was given, as JSON; the chart's own are not among them. */
  getValues(release: string, namespace: string, revision: number): Promise<string>;
  /** The status of the last revision, or undefined when there is no such release. */
  status(release: string, namespace: string): Promise<HelmStatus | undefined>;
}

export interface HelmOptions {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** A promise where it is still being asked: only some commands need to know. */
  readonly major: number | Promise<number>;
  /** Revisions that are kept of a release, its own default where absent. */
  readonly historyMax?: number;
}

const readTimeoutMs = 60_000;
const defaultHistoryMax = 20;
// Helm's own limit should speak first; ours is for a helm that hangs.
const marginMs = 15_000;

/** Helm over the given shell. Values and secrets travel in files, never in arguments. */
export function helm(
  shell: Shell,
  { program, env, major, historyMax = defaultHistoryMax }: HelmOptions,
): Helm {
  const run = (args: readonly string[], options: ShellOptions = {}) =>
    shell(program, args, { timeoutMs: readTimeoutMs, ...options, env });
  const wait = async () => ((await major) >= 4 ? "--wait=legacy" : "--wait");
  return {
    upgradeInstall: async (request, signal) => {
      // What was changed since by somebody else stands in the plan; Helm 4 would give up half-way because of it.
      const wins = (await major) >= 4 ? ["--server-side=true", "--force-conflicts"] : [];
      const args = [...upgradeArgs(request, historyMax), ...wins, await wait()];
      return run([...args, "--timeout", seconds(request.timeoutMs)], {
        signal,
        timeoutMs: request.timeoutMs + marginMs,
        ...(request.onLine === undefined ? {} : { onLine: request.onLine }),
      });
    },
    ...readers(run, major),
    rollback: async (release, revision, namespace, { timeoutMs, signal }) =>
      run(
        [
          "rollback",
          "-n",
          namespace,
          await wait(),
          "--history-max",
          String(historyMax),
          ...(await force(run, major, { release, namespace, revision })),
          "--timeout",
          seconds(timeoutMs),
          release,
          String(revision),
        ],
        {
          timeoutMs: timeoutMs + marginMs,
          ...(signal === undefined ? {} : { signal }),
        },
      ),
    uninstall: async (release, namespace, { timeoutMs, signal, keepHistory }) =>
      run(
        [
          "uninstall",
          "-n",
          namespace,
          await wait(),
          "--ignore-not-found",
          ...(keepHistory === true ? ["--keep-history"] : []),
          "--timeout",
          seconds(timeoutMs),
          release,
        ],
        {
          timeoutMs: timeoutMs + marginMs,
          ...(signal === undefined ? {} : { signal }),
        },
      ),
  };
}

type Readers = Pick<Helm, "template" | "history" | "getManifest" | "getHooks" | "getValues" | "status">;

/** What is only asked. */
function readers(run: (args: readonly string[]) => Promise<Ran>, major: HelmOptions["major"]): Readers {
  const read = reader(run);
  const mustRead = async (args: readonly string[]): Promise<string> => {
    const text = await read(args);
    if (text === undefined) throw new OutsideError(`helm ${args[0]} found no release ${args.at(-1)}`);
    return text;
  };
  return {
    template: async (request, { isUpgrade, isOffline = false }) => {
      const asking = (await major) >= 4 ? ["--dry-run=server"] : ["--validate", "--dry-run=server"];
      const mode = isOffline ? [] : asking;
      return mustRead(["template", ...mode, ...(isUpgrade ? ["--is-upgrade"] : []), ...chartArgs(request)]);
    },
    history: async (release, namespace) =>
      parseHistory(
        JSON.parse((await read(["history", "-n", namespace, "-o", "json", "--max", "256", release])) ?? "[]"),
      ),
    getManifest: (release, namespace, revision) =>
      mustRead(getArgs("manifest", release, namespace, revision)),
    getValues: (release, namespace, revision) =>
      mustRead(["get", "values", "-n", namespace, "--revision", String(revision), "-o", "json", release]),
    getHooks: (release, namespace, revision) => mustRead(getArgs("hooks", release, namespace, revision)),
    status: async (release, namespace) => {
      const text = await read(["status", "-n", namespace, "-o", "json", release]);
      return text === undefined ? undefined : parseStatus(textAt(JSON.parse(text), "info", "status"));
    },
  };
}

interface Revision {
  readonly release: string;
  readonly namespace: string;
  readonly revision: number;
}

/**
 * Helm 4 gives up where somebody else has changed a field of the revision since, such as an autoscaler the number of
 * pods. The way back must win. A revision that the server did not apply would be refused with the option.
 */
async function force(
  run: (args: readonly string[]) => Promise<Ran>,
  major: HelmOptions["major"],
  { release, namespace, revision }: Revision,
): Promise<readonly string[]> {
  if ((await major) < 4) return [];
  const ran = await run([
    "get",
    "metadata",
    "-n",
    namespace,
    "-o",
    "json",
    "--revision",
    String(revision),
    release,
  ]);
  return textAt(parseJson(ran.stdout), "applyMethod") === "ssa" ? ["--force-conflicts"] : [];
}

/** Reads what helm prints; undefined when there is no such release. */
function reader(run: (args: readonly string[]) => Promise<Ran>) {
  return async (args: readonly string[]): Promise<string | undefined> => {
    const ran = await run(args);
    if (ran.exitCode === 0 && !ran.timedOut) return ran.stdout;
    if (/release: not found/.test(ran.stderr)) return undefined;
    throw new OutsideError(clusterTrouble(ran.stderr) ?? describeFailure("helm", args, ran));
  };
}

/** Helm's major version, from `helm version --template`. */
export async function helmMajor(shell: Shell, program: string): Promise<number> {
  const args = ["version", "--short"];
  const ran = await shell(program, args, { timeoutMs: readTimeoutMs });
  const major = Number(/^v?(\d+)\./.exec(ran.stdout.trim())?.[1]);
  if (ran.exitCode === 0 && (major === 3 || major === 4)) return major;
  throw new OutsideError(
    `helm must be version 3 or 4: ${program} says "${ran.stdout.trim() || ran.stderr.trim()}"`,
  );
}

function upgradeArgs(request: UpgradeRequest, historyMax: number): readonly string[] {
  const labels = Object.entries(request.labels).map(([key, value]) => `${key}=${value}`);
  return [
    "upgrade",
    "--install",
    "--reset-values",
    ...(request.createNamespace ? ["--create-namespace"] : []),
    ...(labels.length === 0 ? [] : ["--labels", labels.join(",")]),
    "--history-max",
    String(historyMax),
    ...chartArgs(request),
  ];
}

function getArgs(what: string, release: string, namespace: string, revision?: number): readonly string[] {
  const which = revision === undefined ? [] : ["--revision", String(revision)];
  return ["get", what, "-n", namespace, ...which, release];
}

function chartArgs({ release, namespace, chart, valuesFiles }: ChartRequest): readonly string[] {
  return [...valuesFiles.flatMap((file) => ["-f", file]), "-n", namespace, release, chart];
}

// Helm takes no fractions below a second, and reads 0 as no limit.
function seconds(timeoutMs: number): string {
  return `${Math.max(1, Math.floor(timeoutMs / 1000))}s`;
}
