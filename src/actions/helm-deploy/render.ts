import { ConfigError, messageOf, OutsideError } from "../../core/errors.ts";
import { kindsOf } from "../../domain/release/definitions.ts";
import { imageValues, mergeValues } from "../../domain/release/image-values.ts";
import {
  imagesOf,
  type ManifestObject,
  manifestObjects,
  manifestText,
} from "../../domain/release/manifest.ts";
import {
  checkValuesFiles,
  readChart,
  sha256Of,
  type ValuesFiles,
  type ValuesFolder,
  valuesFolder,
} from "../../platform/chart.ts";
import {
  checkChartRequest,
  type FetchedChart,
  fetchChart,
  isInRegistry,
} from "../../platform/chart-fetch.ts";
import type { Helm } from "../../platform/helm.ts";
import { parseManifest } from "../../platform/yaml.ts";
import { candidateReleaseOf, type HelmDeployInputs } from "./inputs.ts";
import { reuseValues } from "./reuse-values.ts";
import type { Preparation, Session } from "./session.ts";

/** The values of stable and candidate as files, and the chart they are for. */
export interface PreparedChart {
  /** Folder or archive on this machine. */
  readonly chart: string;
  readonly title: string;
  /** As it was fetched; absent for a folder. */
  readonly digest?: string;
  /** The custom resource definitions in its `crds/`. */
  readonly definitions: readonly unknown[];
  readonly stable: ValuesFiles;
  readonly candidate: ValuesFiles;
  /** Whose values lie below the given ones, where the values before are used again. */
  readonly reusedFrom?: string;
}

/** A release as the chart renders it now. */
export interface Rendered {
  readonly release: string;
  readonly objects: readonly ManifestObject[];
  readonly digest: string;
  readonly images: readonly string[];
  readonly values: ValuesFiles;
  /** How Helm was told to render it. */
  readonly isUpgrade?: boolean;
  /** Kinds whose definitions the chart brings, as `group/Kind`. */
  readonly ownKinds?: ReadonlySet<string>;
}

/** Runs the body with the chart's values in private files, which are gone afterwards. */
export async function withChart<T>(
  preparation: Preparation | Session,
  body: (chart: PreparedChart) => Promise<T>,
): Promise<T> {
  const folder = await valuesFolder(preparation.context.runner.env);
  try {
    return await body(await prepareChart(preparation, folder));
  } finally {
    await folder.remove();
  }
}

/** Chart and values as the inputs name them, without writing anything: what is wrong is refused here. */
export async function checkChart(inputs: HelmDeployInputs): Promise<void> {
  if (inputs.chart === undefined) return;
  await checkValuesFiles(inputs.values);
  const { version, keyring } = inputs.chartSource;
  await checkChartRequest({ chart: inputs.chart, version, keyring });
  // What a registry has is only known when it is fetched.
  if (isInRegistry(inputs.chart)) return;
  const chart = await readChart(inputs.chart);
  imageValues(inputs.images, chart.defaults);
}

async function prepareChart(
  preparation: Preparation | Session,
  folder: ValuesFolder,
): Promise<PreparedChart> {
  const { inputs } = preparation;
  const [fetched, reused] = await Promise.all([
    fetchChartOf(preparation, folder),
    reuseValues(preparation, folder),
  ]);
  const chart = await readChart(fetched.path);
  const values = mergeValues(inputs.set, imageValues(inputs.images, chart.defaults));
  const files = [...(reused === undefined ? [] : [reused.file]), ...inputs.values];
  return {
    chart: chart.path,
    title: chart.title,
    ...(fetched.digest === undefined ? {} : { digest: fetched.digest }),
    definitions: chart.definitions,
    stable: await folder.add("stable", files, values),
    candidate: await folder.add("candidate", files, mergeValues(values, inputs.candidateSet)),
    ...(reused === undefined ? {} : { reusedFrom: reused.from }),
  };
}

function fetchChartOf({ inputs, context }: Preparation, folder: ValuesFolder): Promise<FetchedChart> {
  const { version, keyring, helmVersion } = inputs.chartSource;
  const { runner, shell } = context;
  const host = inputs.images[0]?.reference.registry;
  const credentials = inputs.registryLogin;
  return fetchChart(
    {
      chart: inputs.chart ?? "",
      version,
      keyring,
      login: credentials === undefined || host === undefined ? undefined : { credentials, host },
      folder: folder.path,
      helm: async () => {
        const { findTool } = await import("../../platform/tools.ts");
        return findTool(
          "helm",
          helmVersion === undefined ? context : { runner, shell, version: helmVersion },
        );
      },
    },
    context,
  );
}

interface RenderRequest {
  readonly inputs: HelmDeployInputs;
  readonly chart: PreparedChart;
  readonly isUpgrade: boolean;
}

/** The stable release as it would be applied. */
export function renderStable(helm: Helm, { inputs, chart, isUpgrade }: RenderRequest): Promise<Rendered> {
  return render(helm, {
    inputs,
    release: inputs.release,
    chart,
    values: chart.stable,
    isUpgrade,
  });
}

/** The candidate's release as it would be applied. */
export function renderCandidate(
  helm: Helm,
  { inputs, chart }: Omit<RenderRequest, "isUpgrade">,
): Promise<Rendered> {
  const release = candidateReleaseOf(inputs.release);
  return render(helm, { inputs, release, chart, values: chart.candidate, isUpgrade: false });
}

/** The same once more: a chart that renders something else each time cannot be held to a plan. */
export function renderAgain(session: Session, chart: PreparedChart, first: Rendered): Promise<Rendered> {
  const { inputs, cluster } = session;
  const { release, values, isUpgrade = false } = first;
  return render(cluster.helm, { inputs, release, chart, values, isUpgrade });
}

interface Rendering {
  readonly inputs: HelmDeployInputs;
  readonly release: string;
  readonly chart: PreparedChart;
  readonly values: ValuesFiles;
  readonly isUpgrade: boolean;
}

async function render(
  helm: Helm,
  { inputs, release, chart, values, isUpgrade }: Rendering,
): Promise<Rendered> {
  const request = { release, namespace: inputs.namespace, chart: chart.chart, valuesFiles: values.files };
  const text = await helm.template(request, { isUpgrade }).catch((error: unknown) => {
    // A chart that brings its own kinds is rendered without the cluster until they are there.
    const isOwn = chart.definitions.length > 0 && /no matches for kind/.test(messageOf(error));
    if (isOwn) return helm.template(request, { isUpgrade, isOffline: true });
    throw error;
  });
  const objects = manifestObjects(await parseManifest(text));
  if (objects.length === 0) throw new OutsideError(`The chart renders nothing for release ${release}`);
  const images = imagesOf(objects);
  mustUseImages(inputs, images, release);
  return {
    release,
    objects,
    images,
    values,
    isUpgrade,
    digest: sha256Of(manifestText(objects)),
    ownKinds: kindsOf(chart.definitions),
  };
}

// A chart that ignores the values it is given would deploy something that no gate has seen.
function mustUseImages(inputs: HelmDeployInputs, images: readonly string[], release: string): void {
  const ignored = inputs.images.find(({ digest }) => !images.some((one) => one.endsWith(`@${digest}`)));
  if (ignored === undefined) return;
  throw new ConfigError(
    `Input "image" must be used by the chart: release ${release} would run ${images.join(", ") || "no image"}, none of them ${ignored.digest}`,
  );
}
