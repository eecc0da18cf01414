import { textAt } from "../../core/json.ts";
import { describePath, isAmong, lacking, pathsOf, pathsTo } from "./ingress-paths.ts";
import { isMadeByUs, ownName, sharedPaths } from "./nginx-canary.ts";
import { guarded, type PatchOperation, pointerStep } from "./patch.ts";
import { type NginxTraffic, nameRoute } from "./traffic.ts";

/** A canary Ingress that names the candidate. */
export interface CanaryIngress {
  readonly name: string;
  readonly object: unknown;
  readonly weight: number;
  /** What the weight is a share of. */
  readonly total: number;
  /** Made by us, so ours to keep beside the main one. */
  readonly isOurs: boolean;
}

/** The main Ingress and what stands beside it in the namespace. */
export interface Ingresses {
  readonly main: unknown;
  readonly all: readonly unknown[];
}

const usualTotal = 100;

/** The canary Ingresses that name the candidate for a host and path of the stable Service. */
export function canaries(traffic: NginxTraffic, { main, all }: Ingresses): readonly CanaryIngress[] {
  const paths = sharedPaths(traffic, main);
  return all
    .filter((one) => {
      const leads = isCanary(traffic, one) ? pathsTo(one, traffic.candidate) : [];
      // One of ours that the main one has moved away from is found again, to follow it.
      return leads.some((path) => isMadeByUs(one) || isAmong(path, paths));
    })
    .map((object) => ({
      name: textAt(object, "metadata", "name") ?? "without a name",
      object,
      weight: numberIn(traffic, object, "canary-weight") ?? 0,
      total: numberIn(traffic, object, "canary-weight-total") ?? usualTotal,
      isOurs: isMadeByUs(object),
    }));
}

/** The highest share that any canary Ingress gives the candidate. */
export function canaryPercent(traffic: NginxTraffic, ingresses: Ingresses): number {
  const shares = canaries(traffic, ingresses).map(({ weight, total }) => (100 * weight) / total);
  return Math.max(0, ...shares);
}

/** Why the candidate could not be given these shares, one sentence each. */
export function canaryProblems(
  traffic: NginxTraffic,
  ingresses: Ingresses,
  percents: readonly number[],
): readonly string[] {
  const { main, all } = ingresses;
  if (isCanary(traffic, main)) {
    return [`${nameRoute(traffic)} is a canary itself: name the Ingress that it stands beside`];
  }
  const paths = sharedPaths(traffic, main);
  const ours = canaries(traffic, ingresses);
  const covered = ours.flatMap(({ object }) => pathsTo(object, traffic.candidate));
  const missing = ours.length === 0 || ours.some(({ isOurs }) => isOurs) ? [] : lacking(paths, covered);
  const names = new Set(ours.map(({ name }) => name));
  const foreign = all.filter(
    (one) =>
      isCanary(traffic, one) &&
      !names.has(textAt(one, "metadata", "name") ?? "") &&
      pathsOf(one).some((path) => isAmong(path, paths)),
  );
  const taken =
    ours.length > 0 ? undefined : all.find((one) => textAt(one, "metadata", "name") === ownName(main));
  return [
    ...missing.map(
      (path) =>
        `No canary Ingress of ${traffic.candidate.service} has ${describePath(path)}, which ${nameRoute(traffic)} has`,
    ),
    ...foreign.map(
      (one) =>
        `Ingress ${textAt(one, "metadata", "name")} is a canary of the same host and path and names another Service: there can be one`,
    ),
    ...(taken === undefined || foreign.includes(taken)
      ? []
      : [`Ingress ${ownName(main)} is no canary of ${nameRoute(traffic)}: its name is needed for one`]),
    ...ours.flatMap((one) => weightProblems(traffic, one, percents)),
  ];
}

/** The JSON patch that sets one canary Ingress's weight, and touches nothing else. */
export function canaryPatch(
  traffic: NginxTraffic,
  canary: CanaryIngress,
  percent: number,
): readonly PatchOperation[] {
  const weight = Math.round((canary.total * percent) / 100);
  const written = annotationOf(traffic, canary.object, "canary-weight");
  if (written === `${weight}`) return [];
  const path = (key: string) => `/metadata/annotations/${pointerStep(`${traffic.annotationPrefix}/${key}`)}`;
  return guarded(canary.object, [
    { op: "test", path: path("canary"), value: "true" },
    { op: "add", path: path("canary-weight"), value: `${weight}` },
  ]);
}

function weightProblems(
  traffic: NginxTraffic,
  { name, total, object }: CanaryIngress,
  percents: readonly number[],
): readonly string[] {
  // Below 100 some controllers take the total as it is and others take 100.
  if (!(total >= usualTotal)) {
    const written = annotationOf(traffic, object, "canary-weight-total");
    return [`Ingress ${name} must have a canary-weight-total of 100 or more: got "${written}"`];
  }
  return percents.flatMap((percent) => {
    const exact = (total * percent) / 100;
    if (Math.abs(Math.round(exact) - exact) <= total / 200) return [];
    return [`Ingress ${name} cannot give ${traffic.candidate.service} ${percent} % of ${total}`];
  });
}

function isCanary(traffic: NginxTraffic, ingress: unknown): boolean {
  return annotationOf(traffic, ingress, "canary") === "true";
}

function annotationOf(traffic: NginxTraffic, ingress: unknown, key: string): string | undefined {
  return textAt(ingress, "metadata", "annotations", `${traffic.annotationPrefix}/${key}`);
}

function numberIn(traffic: NginxTraffic, ingress: unknown, key: string): number | undefined {
  const text = annotationOf(traffic, ingress, key);
  return text === undefined ? undefined : Number(text);
}
