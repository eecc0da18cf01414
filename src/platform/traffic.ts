import type { Traffic } from "../domain/traffic/traffic.ts";
import { gatewaySwitch } from "./traffic-gateway.ts";
import { istioSwitch } from "./traffic-istio.ts";
import { nginxSwitch } from "./traffic-nginx.ts";
import type { TrafficCluster } from "./traffic-object.ts";
import { replicasSwitch } from "./traffic-replicas.ts";
import { serviceSwitch } from "./traffic-service.ts";

export interface SwitchLimits {
  /** Total time for the change and the cluster's answer to it. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/** What came of setting a weight. */
export interface WeightSet {
  /** The candidate's share as it really is: whole weights and whole pods cannot express every share. */
  readonly percent: number;
  /** For people: what is known about it, and from whom. */
  readonly sentence: string;
}

/** The weights of one object that carries traffic. Only `setWeight` changes anything. */
export interface TrafficSwitch {
  /** The highest share in percent that the candidate gets anywhere now. */
  readWeight(): Promise<number>;
  /** Sets the candidate's share and returns once the cluster has taken it, as far as it says so. */
  setWeight(percent: number, limits?: SwitchLimits): Promise<WeightSet>;
  /** Why a candidate could not be given these shares, one sentence each. Without a share: why not any at all. */
  problems(...percents: readonly number[]): Promise<readonly string[]>;
}

/** The switch for the provider that the traffic names. */
export function trafficSwitch(cluster: TrafficCluster, traffic: Traffic, namespace: string): TrafficSwitch {
  const place = { cluster, namespace, routeNamespace: traffic.route.namespace ?? namespace };
  switch (traffic.provider) {
    case "gateway":
      return gatewaySwitch({ ...place, traffic });
    case "istio":
      return istioSwitch({ ...place, traffic });
    case "nginx":
      return nginxSwitch({ ...place, traffic });
    case "service":
      return serviceSwitch({ ...place, traffic });
    case "replicas":
      return replicasSwitch({ ...place, traffic });
  }
}
