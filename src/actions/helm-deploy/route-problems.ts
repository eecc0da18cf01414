import { startProblems } from "../../domain/traffic/replicas.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/**
 * Why traffic could not be shared with a candidate, one sentence each; a route that is not there is thrown. Asked before
 * anything is written.
 */
export async function routeProblems(
  { cluster, inputs }: Session,
  candidate: Rendered | undefined,
): Promise<readonly string[]> {
  if (candidate === undefined || inputs.traffic === undefined) return [];
  const problems = await trafficSwitch(cluster.kubectl, inputs.traffic, inputs.namespace).problems();
  return [...problems, ...startProblems(inputs.traffic, candidate.objects)];
}
