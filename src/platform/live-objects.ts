import { isRecord, listAt, textAt } from "../core/json.ts";
import { type ManifestObject, manifestObjects } from "../domain/release/manifest.ts";
import type { Kubectl } from "./kubectl.ts";
import { errorOf, ForbiddenError, NotFoundError } from "./kubectl-errors.ts";
import type { Ran } from "./shell.ts";

/** What the cluster has of some objects. */
export interface LiveObjects {
  readonly found: readonly ManifestObject[];
  /** Kinds that could not be read, with the sentence why: not permitted, or not known to the cluster. */
  readonly unread: ReadonlyMap<string, string>;
}

const readTimeoutMs = 60_000;

/** Reads the objects that a manifest names, whether or not they are there. */
export async function readLive(
  kubectl: Kubectl,
  namespace: string,
  objects: readonly ManifestObject[],
): Promise<LiveObjects> {
  const groups = byNamespace(objects, namespace);
  const read = await Promise.all([...groups].map(([place, members]) => readGroup(kubectl, place, members)));
  return {
    found: manifestObjects(read.flatMap(({ found }) => found)),
    unread: new Map(read.flatMap(({ unread }) => [...unread])),
  };
}

interface Read {
  readonly found: readonly unknown[];
  readonly unread: ReadonlyMap<string, string>;
}

async function readGroup(kubectl: Kubectl, place: string, members: readonly ManifestObject[]): Promise<Read> {
  const args = ["get", "-n", place, "-o", "json", "--ignore-not-found", "-f", "-"];
  const ran = await kubectl.run(args, { stdin: listOf(members.map(stubOf)), timeoutMs: readTimeoutMs });
  if (ran.exitCode === 0 && !ran.timedOut) return { found: documentsOf(ran.stdout), unread: new Map() };
  const error = errorOf(args, ran);
  if (!(error instanceof ForbiddenError || error instanceof NotFoundError)) throw error;
  // One kind that is not permitted hides the answers about all others.
  const kinds = [...new Set(members.map(({ kind }) => kind))];
  if (kinds.length <= 1) return { found: [], unread: new Map(kinds.map((kind) => [kind, error.message])) };
  const parts = await Promise.all(
    kinds.map((kind) =>
      readGroup(
        kubectl,
        place,
        members.filter((one) => one.kind === kind),
      ),
    ),
  );
  return {
    found: parts.flatMap(({ found }) => found),
    unread: new Map(parts.flatMap(({ unread }) => [...unread])),
  };
}

function stubOf({ apiVersion, kind, name, namespace }: ManifestObject) {
  return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) } };
}

/** What the cluster answers when it is asked to take objects without taking them. */
export interface DryRunAnswer {
  readonly ran: Ran;
  /** What each object would become; empty where one was refused. */
  readonly objects: readonly ManifestObject[];
}

/** A server-side dry run in Helm's name. For the cluster's permissions it is a patch; nothing is written. */
export async function askToApply(
  kubectl: Kubectl,
  namespace: string,
  objects: readonly ManifestObject[],
): Promise<readonly DryRunAnswer[]> {
  const args = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "--field-manager=helm"];
  return Promise.all(
    [...byNamespace(objects, namespace)].map(async ([place, members]) => {
      const stdin = listOf(members.map(({ body }) => body));
      const ran = await kubectl.run([...args, "-n", place, "-f", "-", "-o", "json"], {
        stdin,
        timeoutMs: readTimeoutMs,
      });
      const answered = ran.exitCode === 0 && !ran.timedOut ? documentsOf(ran.stdout) : [];
      return { ran, objects: manifestObjects(answered) };
    }),
  );
}

// kubectl refuses an object of another namespace than the one it is told.
function byNamespace(
  objects: readonly ManifestObject[],
  namespace: string,
): ReadonlyMap<string, readonly ManifestObject[]> {
  const groups = new Map<string, ManifestObject[]>();
  for (const one of objects) {
    const place = one.namespace || namespace;
    groups.set(place, [...(groups.get(place) ?? []), one]);
  }
  return groups;
}

function listOf(items: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

function documentsOf(text: string): readonly unknown[] {
  if (text.trim() === "") return [];
  const document: unknown = JSON.parse(text);
  return isRecord(document) && textAt(document, "kind") === "List" ? listAt(document, "items") : [document];
}

/** Something that an identity wants to do. */
export interface AccessAsk {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** What of it the cluster would not permit. Who cannot be asked is not judged. */
export async function deniedOf(
  kubectl: Kubectl,
  namespace: string,
  asks: readonly AccessAsk[],
): Promise<readonly AccessAsk[]> {
  if (asks.length === 0) return [];
  const reviews = asks.map((ask) => ({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace, ...ask } },
  }));
  const args = ["create", "--validate=false", "-f", "-", "-o", 'jsonpath={.status.allowed}{"\\n"}'];
  const ran = await kubectl.run(args, { stdin: listOf(reviews), timeoutMs: readTimeoutMs });
  const answers = ran.stdout.split("\n");
  return ran.exitCode === 0 ? asks.filter((_ask, index) => answers[index] === "false") : [];
}
