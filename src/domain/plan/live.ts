import { isRecord, textAt } from "../../core/json.ts";
import { bodyOf, diffValues, type FieldChange, type Hide, type ObjectChange } from "../release/diff.ts";
import { identityOf, labelOf, type ManifestObject } from "../release/manifest.ts";
import { isKept } from "../release/not-rolled-back.ts";
import { threeWay } from "../release/three-way.ts";

/** The three accounts of a release, and what becomes of the live one. */
export interface Comparison {
  /** The manifest of the revision that serves. */
  readonly last: readonly ManifestObject[];
  /** The manifest that is about to be applied. */
  readonly next: readonly ManifestObject[];
  /** What the cluster has now, by identity; absent: not there. */
  readonly live: ReadonlyMap<string, unknown>;
  /** Identities that the cluster was not asked about: they are compared with the last manifest alone. */
  readonly unread: ReadonlySet<string>;
  /** What the cluster says each object would become; absent: we work it out. */
  readonly dryRun?: ReadonlyMap<string, unknown>;
  readonly hide: Hide;
}

/** What applying the manifest changes in the cluster, hooks by their manifests. */
export function liveChanges(comparison: Comparison): readonly ObjectChange[] {
  const { last, next, live, unread } = comparison;
  const old = new Map(last.map((one) => [identityOf(one), one]));
  const wanted = new Set(next.map(identityOf));
  const changes = next.flatMap((one) => {
    const id = identityOf(one);
    const was = old.get(id);
    if (one.isHook || unread.has(id)) return changeOf(one, byManifest(was, one, comparison.hide));
    return changeOf(one, withoutCounts(next, one, byLive(comparison, was, one)));
  });
  const gone = last.filter((one) => !wanted.has(identityOf(one)) && !isKept(one));
  const removed = gone.filter(
    (one) => one.isHook || unread.has(identityOf(one)) || live.has(identityOf(one)),
  );
  return [...changes, ...removed.map((one) => ({ ...whole(one), change: "removed" as const }))];
}

// The count of what an autoscaler scales is the autoscaler's: a deploy leaves it, whatever the chart says.
function withoutCounts(all: readonly ManifestObject[], one: ManifestObject, fields: Fields): Fields {
  const isScaled = all.some(
    ({ kind, body }) =>
      kind === "HorizontalPodAutoscaler" &&
      textAt(body, "spec", "scaleTargetRef", "kind") === one.kind &&
      textAt(body, "spec", "scaleTargetRef", "name") === one.name,
  );
  return fields === "added" || !isScaled ? fields : fields.filter(({ path }) => path !== "spec.replicas");
}

type Fields = readonly FieldChange[] | "added";

function changeOf(object: ManifestObject, fields: Fields): readonly ObjectChange[] {
  if (fields === "added") return [{ ...whole(object), change: "added" }];
  return fields.length === 0 ? [] : [{ ...whole(object), change: "changed", fields }];
}

function whole(object: ManifestObject) {
  return { object: labelOf(object), isHook: object.isHook, fields: [] };
}

function byManifest(was: ManifestObject | undefined, now: ManifestObject, hide: Hide): Fields {
  if (was === undefined) return "added";
  return diffValues(bodyOf(now.kind, was.body, hide), bodyOf(now.kind, now.body, hide));
}

function byLive(
  { live, dryRun, hide }: Comparison,
  was: ManifestObject | undefined,
  now: ManifestObject,
): Fields {
  const there = live.get(identityOf(now));
  if (there === undefined) return "added";
  const before = settled(now.kind, there);
  const computed = threeWay(before, was && settled(now.kind, was.body), settled(now.kind, now.body));
  const asked = dryRun?.get(identityOf(now));
  const shown = (after: unknown) => diffValues(bodyOf(now.kind, before, hide), bodyOf(now.kind, after, hide));
  if (asked === undefined) return shown(computed);
  const told = shown(settled(now.kind, asked));
  // A dry run cannot know of fields that an older Helm has set by another way than server-side apply.
  const dropped = shown(computed).filter(({ after }) => after === undefined);
  return [...told, ...dropped.filter(({ path }) => !told.some((one) => one.path === path))];
}

/** What was changed in the cluster since the last manifest was applied, in fields that the chart sets. */
export function driftOf({
  last,
  live,
  unread,
  hide,
}: Omit<Comparison, "next" | "dryRun">): readonly ObjectChange[] {
  return last
    .filter((one) => !one.isHook && !unread.has(identityOf(one)))
    .flatMap((one) => {
      const there = live.get(identityOf(one));
      if (there === undefined) return [{ ...whole(one), change: "removed" as const }];
      const now = settled(one.kind, there);
      const set = settled(one.kind, one.body);
      const fields = diffValues(bodyOf(one.kind, threeWay(now, set, set), hide), bodyOf(one.kind, now, hide));
      return changeOf(one, withoutCounts(last, one, fields));
    });
}

/** Objects that the chart adds and that are there already without being this release's: Helm refuses to take them. */
export function foreignObjects(
  { last, next, live }: Pick<Comparison, "last" | "next" | "live">,
  release: string,
): readonly string[] {
  const old = new Set(last.map(identityOf));
  return next
    .filter((one) => !one.isHook && !old.has(identityOf(one)))
    .flatMap((one) => {
      const there = live.get(identityOf(one));
      if (there === undefined) return [];
      const owner = textAt(there, "metadata", "annotations", "meta.helm.sh/release-name");
      if (owner === release) return [];
      const whose = owner === undefined ? "was not made by Helm" : `belongs to release ${owner}`;
      return [`${labelOf(one)} exists already and ${whose}: name it otherwise, or remove it first`];
    });
}

const keptByCluster = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "namespace",
  "resourceVersion",
  "selfLink",
  "uid",
]);

const keptByTools = [
  /^meta\.helm\.sh\//,
  /^(deployment|deprecated)\.(kubernetes|daemonset)\b/,
  /^kubectl\.kubernetes\.io\/(last-applied-configuration|restartedAt)$/,
];

/** The object without what the cluster and its tools keep in it. */
function settled(kind: string, object: unknown): unknown {
  if (!isRecord(object)) return object;
  const { status: _status, ...body } = object;
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !keptByCluster.has(key)));
  const { labels, annotations, ...others } = kept;
  const isTools = (key: string) => keptByTools.some((rule) => rule.test(key));
  const clean = {
    ...body,
    metadata: {
      ...others,
      labels: without(labels, (key) => key === "app.kubernetes.io/managed-by"),
      annotations: without(annotations, isTools),
    },
  };
  return kind === "Secret" ? withData(clean) : clean;
}

function without(values: unknown, isOut: (key: string) => boolean): unknown {
  if (!isRecord(values)) return values;
  const left = Object.entries(values).filter(([key]) => !isOut(key));
  // The cluster drops the mapping with its last entry.
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

// The cluster keeps texts of a Secret as base64 beside what came as base64.
function withData({ stringData, ...body }: Readonly<Record<string, unknown>>): unknown {
  if (!isRecord(stringData)) return body;
  const texts = Object.entries(stringData).map(([key, text]) => [key, base64(String(text))]);
  return { ...body, data: { ...(isRecord(body.data) ? body.data : {}), ...Object.fromEntries(texts) } };
}

function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
