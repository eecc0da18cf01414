import { at, listAt, textAt } from "../../core/json.ts";

/** The selector of a Service's EndpointSlices. */
export function slicesOf(service: string): string {
  return `kubernetes.io/service-name=${service}`;
}

/** The addresses in a Service's EndpointSlices, each endpoint by its first; `ready` leaves out those that are not. */
export function addressesOf(slices: readonly unknown[], which: "ready" | "all"): ReadonlySet<string> {
  const endpoints = slices.flatMap((slice) => listAt(slice, "endpoints"));
  const chosen = which === "all" ? endpoints : endpoints.filter(isReady);
  return new Set(chosen.flatMap((endpoint) => textAt(endpoint, "addresses", 0) ?? []));
}

/** Nothing said means ready, as for kube-proxy. */
export function isReady(endpoint: unknown): boolean {
  return at(endpoint, "conditions", "ready") !== false;
}
