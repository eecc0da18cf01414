import { ConfigError, OutsideError } from "../core/errors.ts";
import { frontService, helmOwner, ownerProblem } from "../domain/traffic/service.ts";
import type { Traffic } from "../domain/traffic/traffic.ts";
import { ConflictError } from "./kubectl-errors.ts";
import { mustBeAtHome, type TrafficCluster } from "./traffic-object.ts";

/**
 * Creates the Service in front of both colours where it is not there yet, selecting the given arm's pods. Only provider
 * `service` has one of ours. A Service that a Helm release owns is refused: its next upgrade would switch traffic back.
 */
export async function ensureFront(
  cluster: Pick<TrafficCluster, "get" | "create">,
  traffic: Traffic,
  namespace: string,
  arm: "stable" | "candidate",
): Promise<"created" | "there"> {
  if (traffic.provider !== "service") return "there";
  mustBeAtHome({ traffic, namespace, routeNamespace: traffic.route.namespace ?? namespace });
  const isThere = async () => {
    const front = await cluster.get("services", traffic.route.name, namespace);
    const owner = helmOwner(front);
    if (owner !== undefined) throw new ConfigError(ownerProblem(traffic, owner));
    return front !== undefined;
  };
  if (await isThere()) return "there";
  const { service } = traffic[arm];
  const found = await cluster.get("services", service, namespace);
  if (found === undefined) {
    throw new OutsideError(
      `Service ${traffic.route.name} was not made: there is no Service ${service} in ${namespace}`,
    );
  }
  try {
    await cluster.create(frontService(traffic, found, namespace));
    return "created";
  } catch (error) {
    if (error instanceof ConflictError && (await isThere())) return "there";
    throw error;
  }
}
