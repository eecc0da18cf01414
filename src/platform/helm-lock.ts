import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { OutsideError } from "../core/errors.ts";
import { at, isRecord, textAt } from "../core/json.ts";
import { readStoredRelease, type StoredRelease, withStatus } from "../domain/lock/helm-release.ts";
import { deployedRevision, type HelmRevision, isPending, lastRevision } from "../domain/release/history.ts";
import type { Cluster } from "./cluster-access.ts";
import type { Kubectl } from "./kubectl.ts";
import { ConflictError, ForbiddenError } from "./kubectl-errors.ts";
import { describeFailure, lastLines } from "./shell.ts";

const unzip = promisify(gunzip);
const zip = promisify(gzip);

export interface LockedRevision {
  readonly release: string;
  readonly namespace: string;
  readonly revision: number;
  /** What Helm's history will say of it. */
  readonly description: string;
}

const tries = 4;

/**
 * Writes `failed` into Helm's storage for a revision that somebody left pending, so that Helm works on the release
 * again and its history says why. Undefined where the storage is not one of Secrets that we may read and write.
 */
export async function markFailed(
  kubectl: Kubectl,
  locked: LockedRevision,
): Promise<Pick<StoredRelease, "isServerSide"> | undefined> {
  const name = `sh.helm.release.v1.${locked.release}.v${locked.revision}`;
  for (let attempt = 1; ; attempt++) {
    const secret = await readSecret(kubectl, name, locked.namespace);
    const stored = await decode(textAt(secret, "data", "release"));
    if (!isRecord(secret) || stored === undefined) return undefined;
    if (!stored.status.startsWith("pending-")) return stored;
    try {
      await kubectl.replace({ ...failedSecret(secret), data: { release: await encode(stored, locked) } });
      return stored;
    } catch (error) {
      if (error instanceof ForbiddenError) return undefined;
      if (!(error instanceof ConflictError) || attempt >= tries) throw error;
    }
  }
}

async function readSecret(kubectl: Kubectl, name: string, namespace: string): Promise<unknown> {
  try {
    return await kubectl.get("secret", name, namespace);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

// Helm finds revisions by their labels, so these must say the same as the document.
function failedSecret(secret: Readonly<Record<string, unknown>>) {
  const { managedFields: _dropped, ...metadata } = { ...record(secret.metadata) };
  const modifiedAt = String(Math.floor(Date.now() / 1000));
  const labels = { ...record(at(secret, "metadata", "labels")), status: "failed", modifiedAt };
  return { apiVersion: "v1", kind: "Secret", type: "helm.sh/release.v1", metadata: { ...metadata, labels } };
}

function record(value: unknown): Readonly<Record<string, never>> {
  return isRecord(value) ? (value as Readonly<Record<string, never>>) : {};
}

// Kubernetes' base64 around Helm's own, around gzip.
async function decode(data: string | undefined): Promise<StoredRelease | undefined> {
  if (data === undefined) return undefined;
  try {
    const zipped = Buffer.from(Buffer.from(data, "base64").toString("utf8"), "base64");
    return readStoredRelease((await unzip(zipped)).toString("utf8"));
  } catch {
    return undefined;
  }
}

async function encode(stored: StoredRelease, { description }: LockedRevision): Promise<string> {
  const text = withStatus(stored, { status: "failed", description });
  return Buffer.from((await zip(text)).toString("base64")).toString("base64");
}

export interface LeftRevision {
  readonly release: string;
  readonly namespace: string;
  readonly history: readonly HelmRevision[];
  /** Whose state it was and why it is gone, for Helm's history. */
  readonly why: string;
  readonly timeoutMs: number;
}

/**
 * Ends what a lost or failed Helm has left, and says how; undefined when nothing is left. A pending revision, whose
 * maker must be proven to be gone, is marked failed. Where an upgrade would not take back what it had changed, or Helm's
 * storage cannot be written, the release returns to what was deployed, or goes where nothing ever was.
 */
export async function clearLeft(
  cluster: Pick<Cluster, "kubectl" | "helm">,
  left: LeftRevision,
): Promise<string | undefined> {
  const { release, namespace, history, why } = left;
  const last = lastRevision(history);
  if (last === undefined || !(isPending(last) || last.status === "failed")) return undefined;
  const description = `Marked failed by sluice: left ${last.status}, ${why}`;
  const revision = { release, namespace, revision: last.revision, description };
  const marked = await markFailed(cluster.kubectl, revision);
  const home = deployedRevision(history);
  const was = `Revision ${last.revision} of ${release} was left ${last.status}`;
  if (last.status === "failed") {
    if (marked?.isServerSide !== false || home === undefined) return undefined;
    return `${was}: ${await takeBack(cluster, left, home)}`;
  }
  if (marked === undefined) return `${was} (${why}): ${await mustReturn(cluster, left, home)}`;
  const done = `${was} (${why}): it is marked failed`;
  if (marked.isServerSide || home === undefined) return done;
  return `${done}, and ${await takeBack(cluster, left, home)}`;
}

/** A failing hook of a rollback leaves Helm's lock again; then the deploy goes on from what is there. */
async function takeBack(
  cluster: Pick<Cluster, "kubectl" | "helm">,
  { release, namespace, timeoutMs }: LeftRevision,
  home: HelmRevision,
): Promise<string> {
  const { helm, kubectl } = cluster;
  const ran = await helm.rollback(release, home.revision, namespace, { timeoutMs });
  if (ran.exitCode === 0) return `what it had changed is taken back to revision ${home.revision}`;
  const last = lastRevision(await helm.history(release, namespace));
  if (last !== undefined && isPending(last)) {
    const description = `Marked failed by sluice: ${describeFailure("helm", ["rollback"], ran)}`.slice(
      0,
      500,
    );
    await markFailed(kubectl, { release, namespace, revision: last.revision, description });
  }
  return `what it had changed could not be taken back: ${lastLines(ran.stderr)}`;
}

async function mustReturn(
  { helm }: Pick<Cluster, "helm">,
  { release, namespace, timeoutMs }: LeftRevision,
  home: HelmRevision | undefined,
): Promise<string> {
  const ran =
    home === undefined
      ? await helm.uninstall(release, namespace, { timeoutMs })
      : await helm.rollback(release, home.revision, namespace, { timeoutMs });
  const verb = home === undefined ? "uninstall" : "rollback";
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure("helm", [verb], ran));
  return home === undefined ? "the release is removed" : `the release is back at revision ${home.revision}`;
}

/** A Helm that changes a release on this machine. */
export interface HelmProcess {
  readonly pid: number;
  /** `upgrade`, `install`, `rollback` or `uninstall`. */
  readonly verb: string;
  /** It belongs to the run and job of this process: a step before, which died, has left it. */
  readonly isOurs: boolean;
}

const changingVerbs = ["upgrade", "install", "rollback", "uninstall"];

/** The Helms that are at work on a release here. They outlive a step whose own process was killed alone. */
export async function findHelm(
  release: string,
  namespace: string,
  folder = "/proc",
): Promise<readonly HelmProcess[]> {
  const pids = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<HelmProcess | undefined> => {
      const [program = "", ...args] = await words(`${folder}/${pid}/cmdline`);
      if (program.split("/").at(-1) !== "helm" || !args.includes(release)) return undefined;
      const verb = args.find((arg) => changingVerbs.includes(arg));
      const place = args.indexOf("-n");
      const isElsewhere = place !== -1 && args[place + 1] !== namespace;
      if (verb === undefined || isElsewhere) return undefined;
      return { pid: Number(pid), verb, isOurs: isOfThisJob(await words(`${folder}/${pid}/environ`)) };
    }),
  );
  return found.filter((one) => one !== undefined);
}

function isOfThisJob(environment: readonly string[]): boolean {
  const names = ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB"];
  return names.every((name) => {
    const own = process.env[name];
    return own !== undefined && own !== "" && environment.includes(`${name}=${own}`);
  });
}

async function words(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\0").filter((word) => word !== "");
}

const lookEveryMs = 100;
const interruptMs = 9_000;

/** Ends a Helm of our own job as a cancel does: it records the revision as failed. What does not end is killed. */
export async function endHelm({ pid }: Pick<HelmProcess, "pid">): Promise<void> {
  if (!send(pid, "SIGINT")) return;
  for (let waitedMs = 0; waitedMs < interruptMs; waitedMs += lookEveryMs) {
    await sleep(lookEveryMs);
    if (!send(pid, 0)) return;
  }
  send(pid, "SIGKILL");
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
