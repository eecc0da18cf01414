import { listAt, numberAt, textAt } from "../../core/json.ts";
import type { TrafficBackend } from "./traffic.ts";

/** One path of an Ingress and where it leads. */
export interface IngressPath {
  readonly host: string;
  readonly path: string;
  readonly pathType: string;
  readonly service: string | undefined;
  readonly port: number | undefined;
}

/** Every path of an Ingress. */
export function pathsOf(ingress: unknown): readonly IngressPath[] {
  return listAt(ingress, "spec", "rules").flatMap((rule) =>
    listAt(rule, "http", "paths").map((path) => ({
      host: textAt(rule, "host") ?? "",
      path: textAt(path, "path") ?? "",
      pathType: textAt(path, "pathType") ?? "Prefix",
      ...backendOf(path),
    })),
  );
}

/** The Service that a path leads to. */
export function backendOf(path: unknown): Pick<IngressPath, "service" | "port"> {
  return {
    service: textAt(path, "backend", "service", "name"),
    port: numberAt(path, "backend", "service", "port", "number"),
  };
}

/** The paths that lead to a backend. */
export function pathsTo(ingress: unknown, backend: TrafficBackend): readonly IngressPath[] {
  return pathsOf(ingress).filter((path) => isBackend(path, backend));
}

export function isBackend(path: Pick<IngressPath, "service" | "port">, backend: TrafficBackend): boolean {
  return path.service === backend.service && (backend.port === undefined || path.port === backend.port);
}

/** Whether one of the paths has this host, path and type. Where it leads does not matter. */
export function isAmong(path: IngressPath, paths: readonly IngressPath[]): boolean {
  return paths.some(
    (one) => one.host === path.host && one.path === path.path && one.pathType === path.pathType,
  );
}

export function lacking(
  wanted: readonly IngressPath[],
  have: readonly IngressPath[],
): readonly IngressPath[] {
  return wanted.filter((path) => !isAmong(path, have));
}

export function describePath({ host, path }: IngressPath): string {
  return `${host === "" ? "any host" : `host ${host}`} and path ${path === "" ? "/" : path}`;
}
