import { ConfigError, OutsideError } from "../../core/errors.ts";
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
import type { Helm } from "../../platform/helm.ts";
import { parseManifest } from "../../platform/yaml.ts";
import { candidateReleaseOf, type HelmDeployInputs } from "./inputs.ts";
import type { Preparation } from "./session.ts";

/** The values of stable and candidate as files, and the chart they are for. */
export interface PreparedChart {
  readonly chart: string;
  readonly title: string;
  readonly stable: ValuesFiles;
  readonly candidate: ValuesFiles;
}

/** A release as the chart renders it now. */
export interface Rendered {
  readonly release: string;
  readonly objects: readonly ManifestObject[];
  readonly digest: string;
  readonly images: readonly string[];
  readonly values: ValuesFiles;
}

/** Runs the body with the chart's values in private files, which are gone afterwards. */
export async function withChart<T>(
  { inputs, context }: Preparation,
  body: (chart: PreparedChart) => Promise<T>,
): Promise<T> {
  const folder = await valuesFolder(context.runner.env);
  try {
    return await body(await prepareChart(inputs, folder));
  } finally {
    await folder.remove();
  }
}

/** Chart and values as the inputs name them, without writing anything: what is wrong is refused here. */
export async function checkChart(inputs: HelmDeployInputs): Promise<void> {
  if (inputs.chart === undefined) return;
  const chart = await readChart(inputs.chart);
  await checkValuesFiles(inputs.values);
  imageValues(inputs.images, chart.defaults);
}

async function prepareChart(inputs: HelmDeployInputs, folder: ValuesFolder): Promise<PreparedChart> {
  const chart = await readChart(inputs.chart ?? "");
  const values = mergeValues(inputs.set, imageValues(inputs.images, chart.defaults));
  return {
    chart: chart.folder,
    title: chart.title,
    stable: await folder.add("stable", inputs.values, values),
    candidate: await folder.add("candidate", inputs.values, mergeValues(values, inputs.candidateSet)),
  };
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
    chart: chart.chart,
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
  return render(helm, { inputs, release, chart: chart.chart, values: chart.candidate, isUpgrade: false });
}

interface Rendering {
  readonly inputs: HelmDeployInputs;
  readonly release: string;
  readonly chart: string;
  readonly values: ValuesFiles;
  readonly isUpgrade: boolean;
}

async function render(
  helm: Helm,
  { inputs, release, chart, values, isUpgrade }: Rendering,
): Promise<Rendered> {
  const request = { release, namespace: inputs.namespace, chart, valuesFiles: values.files };
  const objects = manifestObjects(await parseManifest(await helm.template(request, { isUpgrade })));
  if (objects.length === 0) throw new OutsideError(`The chart renders nothing for release ${release}`);
  const images = imagesOf(objects);
  mustUseImages(inputs, images, release);
  return { release, objects, images, values, digest: sha256Of(manifestText(objects)) };
}

// A chart that ignores the values it is given would deploy something that no gate has seen.
function mustUseImages(inputs: HelmDeployInputs, images: readonly string[], release: string): void {
  const ignored = inputs.images.find(({ digest }) => !images.some((one) => one.endsWith(`@${digest}`)));
  if (ignored === undefined) return;
  throw new ConfigError(
    `Input "image" must be used by the chart: release ${release} would run ${images.join(", ") || "no image"}, none of them ${ignored.digest}`,
  );
}
