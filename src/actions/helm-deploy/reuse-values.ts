import { ConfigError } from "../../core/errors.ts";
import { deployedRevision } from "../../domain/release/history.ts";
import type { ValuesFolder } from "../../platform/chart.ts";
import type { Preparation, Session } from "./session.ts";

/** The values that the revision before was given, as a file that lies below all others. */
export interface ReusedValues {
  readonly file: string;
  /** Whose they are, for people: `web, revision 4`. */
  readonly from: string;
}

/**
 * Reads the values of the revision that serves, where they are asked for. They are laid over the chart's own defaults
 * as a file, so that what is rendered, planned and applied has the same ones. Plain reuse, which would take the old
 * chart's defaults too, is not offered.
 */
export async function reuseValues(
  preparation: Preparation | Session,
  folder: ValuesFolder,
): Promise<ReusedValues | undefined> {
  const { inputs } = preparation;
  if (inputs.chartSource.reuse === "reset") return undefined;
  if (!("cluster" in preparation))
    throw new ConfigError(
      'Input "reuse-values" reset-then-reuse needs a plan that may read the cluster: got no "plan-environment"',
    );
  const serving = await servingRevision(preparation);
  if (serving === undefined) return undefined;
  const { helm } = preparation.cluster;
  const text = await helm.getValues(serving.release, inputs.namespace, serving.revision);
  const file = await folder.write("reused", text.trim() === "null" ? "{}" : text);
  return { file, from: `${serving.release}, revision ${serving.revision}` };
}

async function servingRevision({ cluster, inputs, store }: Session) {
  // Which colour serves is in the record; without colours Helm's history says it.
  const { records } = inputs.strategy === "blue-green" ? await store.read() : { records: [] };
  const release = records.find(({ status }) => status === "good" || status === "observed")?.helmRelease;
  const named = release ?? inputs.release;
  const revision = deployedRevision(await cluster.helm.history(named, inputs.namespace))?.revision;
  return revision === undefined ? undefined : { release: named, revision };
}
