import { ConfigError } from "../../core/errors.ts";
import { at, isRecord, type Json, listAt, textAt } from "../../core/json.ts";
import { backendOf, type IngressPath, isBackend, lacking, pathsOf, pathsTo } from "./ingress-paths.ts";
import { guarded, type PatchOperation } from "./patch.ts";
import { type NginxTraffic, nameRoute } from "./traffic.ts";

const managedBy = "app.kubernetes.io/managed-by";

/** The canary Ingress as it is made from the main one: same host and path, the other backend, weight 0. */
export function canaryIngress(traffic: NginxTraffic, main: unknown): { readonly [key: string]: Json } {
  const className = textAt(main, "spec", "ingressClassName");
  const name = textAt(main, "metadata", "name") ?? "";
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: ownName(main),
      namespace: textAt(main, "metadata", "namespace") ?? "",
      labels: { [managedBy]: "sluice" },
      annotations: {
        ...followedAnnotations(traffic, main),
        [`${traffic.annotationPrefix}/canary`]: "true",
        [`${traffic.annotationPrefix}/canary-weight`]: "0",
      },
      // It goes with the main one, without which it would do nothing.
      ownerReferences: [
        {
          apiVersion: "networking.k8s.io/v1",
          kind: "Ingress",
          name,
          uid: textAt(main, "metadata", "uid") ?? "",
        },
      ],
    },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      rules: canaryRules(traffic, main),
    },
  };
}

/** The JSON patch that makes a canary Ingress of ours follow the main one's hosts and paths. */
export function rulesPatch(traffic: NginxTraffic, main: unknown, canary: unknown): readonly PatchOperation[] {
  const rules = canaryRules(traffic, main);
  const have = pathsTo(canary, traffic.candidate);
  const wanted = pathsTo({ spec: { rules } }, traffic.candidate);
  const isSame = lacking(wanted, have).length === 0 && lacking(pathsOf(canary), wanted).length === 0;
  return isSame ? [] : guarded(canary, [{ op: "replace", path: "/spec/rules", value: rules }]);
}

/** Hosts and paths of the main Ingress that lead to the stable Service. An Ingress without one is refused. */
export function sharedPaths(traffic: NginxTraffic, main: unknown): readonly IngressPath[] {
  const paths = pathsTo(main, traffic.stable);
  if (paths.length > 0) return paths;
  throw new ConfigError(
    `${nameRoute(traffic)} cannot carry the traffic of ${traffic.stable.service}: it has no path with that backend`,
  );
}

function canaryRules(traffic: NginxTraffic, main: unknown): Json {
  const rules = listAt(main, "spec", "rules").flatMap((rule) => {
    const paths = listAt(rule, "http", "paths").filter((path) => isBackend(backendOf(path), traffic.stable));
    if (paths.length === 0) return [];
    const swapped = paths.map((path) => ({ ...(path as object), backend: backendFor(traffic, path) }));
    return [{ ...(rule as object), http: { paths: swapped } }];
  });
  return rules as unknown as Json;
}

function backendFor({ candidate }: NginxTraffic, path: unknown): Json {
  const stablePort = at(path, "backend", "service", "port") as Json;
  const port = candidate.port === undefined ? stablePort : { number: candidate.port };
  return { service: { name: candidate.service, port } };
}

/** What the controller reads of the main one, and nothing that tells another tool who owns it. */
function followedAnnotations({ annotationPrefix }: NginxTraffic, main: unknown): Record<string, string> {
  const found = at(main, "metadata", "annotations");
  const pairs = Object.entries(isRecord(found) ? found : {}).flatMap(([key, value]) => {
    const isRead =
      key === "kubernetes.io/ingress.class" ||
      (key.startsWith(`${annotationPrefix}/`) && !key.startsWith(`${annotationPrefix}/canary`));
    return isRead && typeof value === "string" ? [[key, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** The name of the canary Ingress that we make. */
export function ownName(main: unknown): string {
  return `${textAt(main, "metadata", "name")}-canary`;
}

/** Whether we made an Ingress, so that it is ours to keep beside the main one. */
export function isMadeByUs(ingress: unknown): boolean {
  return textAt(ingress, "metadata", "labels", managedBy) === "sluice";
}
