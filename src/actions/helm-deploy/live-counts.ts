import { messageOf, OutsideError } from "../../core/errors.ts";
import { at, numberAt } from "../../core/json.ts";
import {
  countPaths,
  countValues,
  markedValues,
  pathOfMark,
  type ValuesPath,
  withoutCounts,
} from "../../domain/capacity/count-values.ts";
import type { KeptCount } from "../../domain/capacity/kept-count.ts";
import { type ManifestObject, manifestObjects, manifestText } from "../../domain/release/manifest.ts";
import { readChart, sha256Of, type ValuesFolder, valuesFolder } from "../../platform/chart.ts";
import { countOwnership, countsToKeep, holdCount } from "../../platform/replicas.ts";
import { parseManifest, readYamlFile } from "../../platform/yaml.ts";
import type { PreparedChart, Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** What Helm is about to apply, with counts that autoscalers own left as they are. */
export interface CountPlan {
  readonly rendered: Rendered;
  /** Counts that Helm overwrites all the same, to be given back while it runs. */
  readonly kept: readonly KeptCount[];
  /** Counts that the manifest names no longer, to be held before Helm drops them. */
  readonly held: readonly KeptCount[];
  /** How each count is kept, for people. */
  readonly sentences: readonly string[];
}

export interface CountRequest {
  readonly chart: PreparedChart;
  readonly rendered: Rendered;
}

/** Runs the body with the plan for the counts, whose values file is gone afterwards. */
export async function withLiveCounts<T>(
  session: Session,
  request: CountRequest,
  body: (plan: CountPlan) => Promise<T>,
): Promise<T> {
  const folder = await valuesFolder(session.context.runner.env);
  try {
    return await body(await planCounts(session, request, folder));
  } finally {
    await folder.remove();
  }
}

/** Takes hold of counts that the manifest stops naming. The last thing before Helm runs. */
export async function holdCounts({ cluster, inputs }: Session, { held }: CountPlan): Promise<void> {
  for (const one of held) await holdCount(cluster.kubectl, inputs.namespace, one);
}

async function planCounts(session: Session, request: CountRequest, folder: ValuesFolder): Promise<CountPlan> {
  const { rendered } = request;
  const { cluster, inputs } = session;
  const owned = await countsToKeep(cluster.kubectl, inputs.namespace, rendered.objects);
  const named = owned.filter((one) => countIn(rendered.objects, one) !== undefined);
  const moved = named.filter(({ literal, count }) => literal !== count);
  const set = moved.length === 0 ? undefined : await setCounts(session, { ...request, moved, folder });
  const unset = moved.filter((one) => set?.paths.has(one) !== true);
  const unnamed = owned.filter((one) => !named.includes(one));
  const ways = await Promise.all(
    [...unset, ...unnamed].map((one) => wayOf(session, one, unset.includes(one))),
  );
  // An autoscaler may move between this look and Helm's write.
  const steady = named.flatMap((one) => (unset.includes(one) ? [] : [{ ...one, literal: one.count }]));
  const held = ways.flatMap(({ way, one }) => (way === "hold" ? [one] : []));
  return {
    rendered: set?.rendered ?? rendered,
    kept: [...steady, ...ways.flatMap(({ way, one }) => (way === "restore" ? [one] : []))],
    held,
    sentences: [
      ...[...(set?.paths ?? [])].map(
        ([{ kind, name, literal, count }, path]) =>
          `${kind} ${name} keeps the ${count} pods of its autoscaler: value ${path.join(".")} is set to ${count}, the chart says ${literal}`,
      ),
      ...ways.flatMap(({ way, one }) => sentenceOf(way, one)),
    ],
  };
}

type CountWay = "leave" | "hold" | "restore";

async function wayOf({ cluster, inputs }: Session, one: KeptCount, isNamed: boolean) {
  const owner = await countOwnership(cluster.kubectl, inputs.namespace, one);
  // What the client applies, it compares with the revision before: a count that is gone from it is set to 1.
  if (!owner.isServerSide || isNamed) return { one, way: "restore" as CountWay };
  return { one, way: (owner.isHelmAlone ? "hold" : "leave") as CountWay };
}

function sentenceOf(way: CountWay, { kind, name, count, literal }: KeptCount): readonly string[] {
  const pods = `${kind} ${name} keeps the ${count} pods of its autoscaler`;
  switch (way) {
    case "leave":
      return [];
    case "hold":
      return [`${pods}: the chart stops naming a count, which is held before Helm drops it`];
    case "restore":
      return [
        `${pods}: Helm sets ${literal}, which no value of the chart prevents, and it is set back at once`,
      ];
  }
}

interface CountSetting extends CountRequest {
  readonly moved: readonly KeptCount[];
  readonly folder: ValuesFolder;
}

/** Finds by a trial which values set the counts, and renders with the live ones. Undefined where none does. */
async function setCounts(session: Session, setting: CountSetting) {
  const { chart, rendered, moved, folder } = setting;
  try {
    const documents = await Promise.all(rendered.values.files.map((file) => readYamlFile("values", file)));
    const paths = countPaths([(await readChart(chart.chart)).defaults, ...documents]);
    const marks = await folder.write("marks", JSON.stringify(markedValues(paths)));
    const marked = await renderWith(session, setting, marks);
    const found = new Map<KeptCount, ValuesPath>();
    for (const one of moved) {
      const path = pathOfMark(paths, countIn(marked, one));
      if (path !== undefined) found.set(one, path);
    }
    const values = countValues([...found].map(([{ count }, path]) => ({ path, count })));
    if (found.size === 0 || values === undefined) return undefined;
    const file = await folder.write("counts", JSON.stringify(values));
    const objects = await renderWith(session, setting, file);
    // A value that changes anything beside the counts is not ours to set: that is not what was reviewed.
    const workloads = [...found.keys()];
    if (textWithout(objects, workloads) !== textWithout(rendered.objects, workloads)) return undefined;
    if (workloads.some((one) => countIn(objects, one) !== one.count)) return undefined;
    const files = [...rendered.values.files, file];
    const applied: Rendered = {
      ...rendered,
      objects,
      digest: sha256Of(manifestText(objects)),
      values: { ...rendered.values, files },
    };
    return { rendered: applied, paths: found };
  } catch (error) {
    // A chart whose schema refuses the trial has said enough.
    if (!(error instanceof OutsideError)) throw error;
    session.context.runner.info(`The value that sets the count was not found: ${messageOf(error)}`);
    return undefined;
  }
}

function textWithout(objects: readonly ManifestObject[], workloads: readonly KeptCount[]): string {
  return manifestText(withoutCounts(objects, workloads));
}

function countIn(objects: readonly ManifestObject[], { kind, name }: Pick<KeptCount, "kind" | "name">) {
  const object = objects.find((one) => !one.isHook && one.kind === kind && one.name === name);
  return numberAt(at(object?.body, "spec"), "replicas");
}

async function renderWith(
  { cluster, inputs }: Session,
  { chart, rendered }: CountRequest,
  file: string,
): Promise<readonly ManifestObject[]> {
  const request = {
    release: rendered.release,
    namespace: inputs.namespace,
    chart: chart.chart,
    valuesFiles: [...rendered.values.files, file],
  };
  return manifestObjects(await parseManifest(await cluster.helm.template(request, { isUpgrade: true })));
}
