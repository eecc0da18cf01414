import { driftOf, foreignObjects, liveChanges } from "../../domain/plan/live.ts";
import type { ObjectChange } from "../../domain/release/diff.ts";
import { immutableChanges } from "../../domain/release/immutable.ts";
import { identityOf, type ManifestObject } from "../../domain/release/manifest.ts";
import { hideBy } from "../../platform/chart.ts";
import { namespaceExists } from "../../platform/kubectl.ts";
import { type LiveObjects, readLive } from "../../platform/live-objects.ts";
import { askCluster, type DryRun } from "./dry-run.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** What applying a release would do to the cluster as it is now. */
export interface SeenChanges {
  readonly changes: readonly ObjectChange[];
  /** What others have changed since the last revision, in fields that the chart sets. */
  readonly drift: readonly ObjectChange[];
  /** How it was found out, as one sentence. */
  readonly how: string;
  /** Why it could not be applied, one sentence each. */
  readonly refused: readonly string[];
  /** Kinds that could not be looked at, one sentence each. */
  readonly unread: readonly string[];
}

export interface ChangeRequest {
  /** The manifest of the revision that serves; empty without one. */
  readonly last: readonly ManifestObject[];
  readonly next: Rendered;
}

/**
 * Compares the last manifest, the live objects and the new manifest. The cluster itself says what each object becomes
 * where this identity may ask; else it is worked out from the fields that the chart sets.
 */
export async function seeChanges(session: Session, { last, next }: ChangeRequest): Promise<SeenChanges> {
  const { cluster, inputs } = session;
  const isThere = !inputs.createNamespace || (await namespaceExists(cluster.kubectl, inputs.namespace));
  const wanted = [...next.objects, ...last].filter(({ isHook }) => !isHook);
  const named = [...new Map(wanted.map((one) => [identityOf(one), one])).values()];
  const [live, asked] = await Promise.all([
    isThere ? readLive(cluster.kubectl, inputs.namespace, named) : nothingLive,
    isThere ? askCluster(session, next) : undefined,
  ]);
  const there = matched(named, live.found, inputs.namespace);
  const unread = new Set(named.filter(({ kind }) => live.unread.has(kind)).map(identityOf));
  const known = { last, next: next.objects, live: bodies(there), unread, hide: hideBy() };
  const dry = asked?.kind === "answered" ? { dryRun: asked.objects } : {};
  const before = last.length === 0 ? [] : there;
  return {
    changes: liveChanges({ ...known, ...dry }),
    drift: driftOf(known),
    how: howOf(asked, inputs.namespace),
    refused: [
      ...new Set([
        ...immutableChanges(before, next.objects, last),
        ...foreignObjects(known, next.release),
        ...(asked?.kind === "refused" ? asked.reasons : []),
      ]),
    ],
    unread: [...live.unread].map(
      ([kind, why]) => `${kind} objects are compared with the last manifest alone: ${why}`,
    ),
  };
}

const nothingLive: LiveObjects = { found: [], unread: new Map() };

/** The live objects under the identities by which the manifests name them. */
function matched(
  named: readonly ManifestObject[],
  found: readonly ManifestObject[],
  namespace: string,
): readonly ManifestObject[] {
  const live = new Map(found.map((one) => [identityOf(one), one]));
  return named.flatMap((one) => {
    const places = [one.namespace || namespace, ""];
    const there = places.map((place) => live.get(identityOf({ ...one, namespace: place }))).find(Boolean);
    return there === undefined ? [] : [{ ...there, namespace: one.namespace }];
  });
}

function bodies(objects: readonly ManifestObject[]): ReadonlyMap<string, unknown> {
  return new Map(objects.map((one) => [identityOf(one), one.body]));
}

function howOf(asked: DryRun | undefined, namespace: string): string {
  switch (asked?.kind) {
    case "answered":
      return "by a server-side dry run of every object against the live one";
    case "refused":
      return "computed from the live objects and the fields that the chart sets, as the server-side dry run was refused";
    case "forbidden":
    case "unaskable":
      return `computed from the live objects and the fields that the chart sets, as a server-side dry run was not possible: ${asked.why}`;
    case undefined:
      return `from the manifest alone, as namespace ${namespace} is not there yet`;
  }
}
