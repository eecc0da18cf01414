/** Where a share of production's traffic goes to the candidate, and how real responses tell which arm they came from. */
export type Traffic = GatewayTraffic | IstioTraffic | NginxTraffic | ServiceTraffic | ReplicasTraffic;

/** Weights of a route of the Gateway API. */
export interface GatewayTraffic extends Arms<TrafficBackend> {
  readonly provider: "gateway";
  readonly route: RouteObject<"HTTPRoute" | "GRPCRoute"> & RouteRule;
}

/** Weights of a VirtualService, between two hosts or between two subsets of one. */
export interface IstioTraffic extends Arms<SubsetBackend> {
  readonly provider: "istio";
  readonly route: RouteObject<"VirtualService"> & RouteRule;
}

/** A canary Ingress beside the main one, weighted by annotations. */
export interface NginxTraffic extends Arms<TrafficBackend> {
  readonly provider: "nginx";
  readonly route: RouteObject<"Ingress">;
  /** What stands before the slash of the annotations. */
  readonly annotationPrefix: string;
}

/** A Service whose selector names one arm or the other: all traffic at once. */
export interface ServiceTraffic extends Arms<TrafficBackend> {
  readonly provider: "service";
  readonly route: RouteObject<"Service">;
}

/** A Service that selects both arms: shares are numbers of pods. */
export interface ReplicasTraffic extends Arms<TrafficBackend> {
  readonly provider: "replicas";
  readonly route: RouteObject<"Service">;
}

export type Provider = Traffic["provider"];

/** The kinds of object that carry the traffic, by provider; the first is meant where none is given. */
export const routeKinds = {
  gateway: ["HTTPRoute", "GRPCRoute"],
  istio: ["VirtualService"],
  nginx: ["Ingress"],
  service: ["Service"],
  replicas: ["Service"],
} as const satisfies {
  readonly [P in Provider]: readonly Extract<Traffic, { provider: P }>["route"]["kind"][];
};

export interface RouteObject<Kind extends string> {
  readonly kind: Kind;
  readonly name: string;
  /** Absent: the namespace of the release. */
  readonly namespace?: string;
}

export interface RouteRule {
  /** Name of the one rule whose weights are ours. Absent: every rule that names the stable service. */
  readonly rule?: string;
}

interface Arms<Backend> {
  readonly stable: Backend;
  readonly candidate: Backend;
  /** Absent: a weight is known only from what the cluster says about the object. */
  readonly confirm?: TrafficConfirm;
}

export interface TrafficBackend {
  readonly service: string;
  readonly port?: number;
}

export interface SubsetBackend extends TrafficBackend {
  /** A subset of the host's DestinationRule. */
  readonly subset?: string;
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
  /** A connection for each request, where a kept one stays with its pod. */
  readonly connections?: "new";
}

const groups: Readonly<Record<Provider, string>> = {
  gateway: ".gateway.networking.k8s.io",
  istio: ".networking.istio.io",
  nginx: ".networking.k8s.io",
  service: "",
  replicas: "",
};

const plurals = {
  HTTPRoute: "httproutes",
  GRPCRoute: "grpcroutes",
  VirtualService: "virtualservices",
  Ingress: "ingresses",
  Service: "services",
} as const satisfies Record<Traffic["route"]["kind"], string>;

/** The resource of the object as kubectl is asked for it, free of clashes with other groups. */
export function routeResource({ provider, route }: Pick<Traffic, "provider" | "route">): string {
  return `${plurals[route.kind]}${groups[provider]}`;
}

/** The object in a sentence, such as `HTTPRoute web`. */
export function nameRoute({ route }: Pick<Traffic, "route">): string {
  return `${route.kind} ${route.name}`;
}

/** Why this traffic cannot serve the strategy, or undefined when it can. */
export function strategyProblem(traffic: Traffic, strategy: string): string | undefined {
  if (strategy === "canary" && traffic.provider === "service")
    return 'provider "service" switches all traffic at once: it is for strategy blue-green, not canary';
  if (strategy === "blue-green" && traffic.provider === "replicas")
    return 'provider "replicas" has no share of 100 %: it is for strategy canary, not blue-green';
  // ingress-nginx asks the main Ingress's Service first, and answers 503 when nobody is behind it.
  if (strategy === "blue-green" && traffic.provider === "nginx")
    return 'provider "nginx" needs pods behind the main Ingress, which go when green serves: it is for strategy canary, not blue-green';
  const { stable, candidate } = traffic;
  const hasArms = strategy === "canary" || strategy === "blue-green";
  // Two releases have a Service each; ports of one Service are one release's.
  if (hasArms && traffic.provider === "gateway" && stable.service === candidate.service)
    return `it must name two Services: got "${stable.service}" for stable and candidate`;
  return undefined;
}
