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
import { describeFailure } from "./shell.ts";

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
 * again and its history says why. False where the storage is not one of Secrets that we may read and write.
 */
export async function markFailed(kubectl: Kubectl, locked: LockedRevision): Promise<boolean> {
  const name = `sh.helm.release.v1.${locked.release}.v${locked.revision}`;
  for (let attempt = 1; ; attempt++) {
    const secret = await readSecret(kubectl, name, locked.namespace);
    const stored = await decode(textAt(secret, "data", "release"));
    if (!isRecord(secret) || stored === undefined) return false;
    if (!stored.status.startsWith("pending-")) return true;
    try {
      await kubectl.replace({ ...failedSecret(secret), data: { release: await encode(stored, locked) } });
      return true;
    } catch (error) {
      if (error instanceof ForbiddenError) return false;
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

export interface LockRelease {
  readonly release: string;
  readonly namespace: string;
  readonly history: readonly HelmRevision[];
  /** Whose state it was and why it is gone, for Helm's history. */
  readonly why: string;
  readonly timeoutMs: number;
}

/**
 * Ends a pending state whose maker is proven to be gone, and says how. Where Helm's storage cannot be written, the
 * release returns to what was deployed, or goes where nothing ever was. Undefined when there was no such state.
 */
export async function releaseHelmLock(
  { kubectl, helm }: Pick<Cluster, "kubectl" | "helm">,
  { release, namespace, history, why, timeoutMs }: LockRelease,
): Promise<string | undefined> {
  const last = lastRevision(history);
  if (last === undefined || !isPending(last)) return undefined;
  const was = `Revision ${last.revision} of ${release} was left ${last.status}`;
  const description = `Marked failed by sluice: left ${last.status}, ${why}`;
  if (await markFailed(kubectl, { release, namespace, revision: last.revision, description }))
    return `${was} (${why}): it is marked failed`;
  const home = deployedRevision(history);
  const ran =
    home === undefined
      ? await helm.uninstall(release, namespace, { timeoutMs })
      : await helm.rollback(release, home.revision, namespace, { timeoutMs });
  const verb = home === undefined ? "uninstall" : "rollback";
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure("helm", [verb], ran));
  return `${was} (${why}): ${home === undefined ? "the release is removed" : `the release is back at revision ${home.revision}`}`;
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
