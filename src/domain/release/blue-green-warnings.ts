import { at, listAt, numberAt, textAt } from "../../core/json.ts";
import { labelOf, type ManifestObject, workloadObjects } from "./manifest.ts";
import { selects } from "./selectors.ts";

/**
 * What is different while two colours of a chart are up, one sentence each, for the approver: what exists twice, what
 * cannot, and which hooks would not run. `objects` is what the chart renders for one colour.
 */
export function blueGreenWarnings(objects: readonly ManifestObject[]): readonly string[] {
  const kept = objects.filter(({ isHook }) => !isHook);
  return [
    ...skippedHooks(objects),
    ...kept.flatMap(onlyOnce),
    ...ownVolumes(kept),
    ...sharedClaims(kept),
    ...busyTwice(kept),
    ...capacity(kept),
  ];
}

/** A colour is always installed, never upgraded. */
function skippedHooks(objects: readonly ManifestObject[]): readonly string[] {
  return objects.flatMap((one) => {
    const missing = one.hookEvents
      .filter((event) => /^(pre|post)-upgrade$/.test(event))
      .map((event) => event.replace("upgrade", "install"))
      .filter((event) => !one.hookEvents.includes(event));
    if (missing.length === 0) return [];
    return [
      `Hook ${labelOf(one)} would be skipped: it runs at ${one.hookEvents.join(", ")}, and a colour is always installed anew (add ${missing.join(", ")})`,
    ];
  });
}

/** What a cluster gives to one of them alone. */
function onlyOnce(object: ManifestObject): readonly string[] {
  const { kind, body } = object;
  const label = labelOf(object);
  if (kind === "Service") {
    const ports = listAt(body, "spec", "ports").flatMap((port) => numberAt(port, "nodePort") ?? []);
    const address = fixedAddress(body);
    return [
      ...ports.map((port) => `${label} asks for node port ${port}, which only one colour can have`),
      ...(address === undefined
        ? []
        : [`${label} asks for address ${address}, which only one colour can have`]),
    ];
  }
  if (kind === "Ingress") {
    const hosts = listAt(body, "spec", "rules").flatMap((rule) => textAt(rule, "host") ?? []);
    return [
      `${label} would claim ${hosts.join(", ") || "every host"} for both colours at once: turn it off in the chart, and put the front before the pair`,
    ];
  }
  if (kind === "HTTPRoute" || kind === "GRPCRoute" || kind === "VirtualService")
    return [`${label} would send traffic to each colour past the front: turn it off in the chart`];
  return hostPorts(object).map(
    (port) => `${label} asks for host port ${port}: both colours cannot share a node`,
  );
}

function fixedAddress(body: unknown): string | undefined {
  const cluster = textAt(body, "spec", "clusterIP");
  if (cluster !== undefined && cluster !== "" && cluster !== "None") return cluster;
  return textAt(body, "spec", "loadBalancerIP");
}

function hostPorts({ body }: ManifestObject): readonly number[] {
  return listAt(body, "spec", "template", "spec", "containers")
    .flatMap((container) => listAt(container, "ports"))
    .flatMap((port) => numberAt(port, "hostPort") ?? []);
}

function ownVolumes(objects: readonly ManifestObject[]): readonly string[] {
  return objects
    .filter(
      ({ kind, body }) =>
        kind === "PersistentVolumeClaim" || listAt(body, "spec", "volumeClaimTemplates").length > 0,
    )
    .map(
      (one) =>
        `${labelOf(one)}: each colour has a volume of its own, so what one writes there the other does not see`,
    );
}

function sharedClaims(objects: readonly ManifestObject[]): readonly string[] {
  const own = new Set(objects.filter(({ kind }) => kind === "PersistentVolumeClaim").map(({ name }) => name));
  return workloadObjects(objects).flatMap((one) =>
    listAt(one.body, "spec", "template", "spec", "volumes")
      .flatMap((volume) => textAt(volume, "persistentVolumeClaim", "claimName") ?? [])
      .filter((claim) => !own.has(claim))
      .map(
        (claim) =>
          `${labelOf(one)} mounts claim ${claim} in both colours at once: it must be ReadWriteMany, else the second colour does not start`,
      ),
  );
}

/** What works without being asked, and so works twice. */
function busyTwice(objects: readonly ManifestObject[]): readonly string[] {
  const selectors = objects
    .filter(({ kind }) => kind === "Service")
    .map(({ body }) => at(body, "spec", "selector"));
  const silent = workloadObjects(objects).filter(({ body }) => {
    const labels = at(body, "spec", "template", "metadata", "labels");
    return !selectors.some((selector) => selects(selector, labels));
  });
  return [
    ...objects
      .filter(({ kind }) => kind === "CronJob")
      .map((one) => `${labelOf(one)} runs in both colours while both are up`),
    ...silent.map(
      (one) =>
        `${labelOf(one)} is behind no Service: what it does by itself, both colours do while both are up`,
    ),
  ];
}

function capacity(objects: readonly ManifestObject[]): readonly string[] {
  const workloads = workloadObjects(objects);
  const pods = workloads.reduce((sum, { body }) => sum + (numberAt(body, "spec", "replicas") ?? 1), 0);
  const budgets = objects.filter(({ kind }) => kind === "PodDisruptionBudget");
  return [
    ...(pods === 0
      ? []
      : [
          `Until phase finish both colours are up: nodes and quota must have room for at least ${pods} more pods, at the count that serves now`,
        ]),
    ...budgets.map((one) => `${labelOf(one)} exists once per colour, and each guards its own pods alone`),
  ];
}
