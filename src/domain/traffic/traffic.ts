/** Where a share of production's traffic goes to the candidate, and how real responses tell which arm they came from. */
export interface Traffic {
  readonly provider: "gateway";
  readonly route: TrafficRoute;
  readonly stable: TrafficBackend;
  readonly candidate: TrafficBackend;
  /** Absent: a weight is known only from what the gateway says about the route. */
  readonly confirm?: TrafficConfirm;
}

export const routeKinds = ["HTTPRoute", "GRPCRoute"] as const;

export interface TrafficRoute {
  readonly kind: (typeof routeKinds)[number];
  readonly name: string;
  /** Absent: the namespace of the release. */
  readonly namespace?: string;
  /** Name of the one rule whose weights are ours. Absent: every rule that names the stable service. */
  readonly rule?: string;
}

export interface TrafficBackend {
  readonly service: string;
  readonly port?: number;
}

export interface TrafficConfirm {
  /** Asked over and over while a weight is confirmed; must be harmless to ask. */
  readonly url: string;
  /** The Host header, where the URL names the gateway by address. */
  readonly host?: string;
  /** The response header whose value tells the arm. */
  readonly header: string;
  /** The header's value on responses of the candidate. Any other value is the stable version's. */
  readonly candidate: string;
}

/** The resource of the route as kubectl is asked for it, free of clashes with other groups. */
export function routeResource(traffic: Traffic): string {
  return `${traffic.route.kind.toLowerCase()}s.gateway.networking.k8s.io`;
}
