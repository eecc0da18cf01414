import { textAt } from "../core/json.ts";

interface Resource {
  readonly root: string;
  readonly plural: string;
}

const core = "/api/v1";
const apps = "/apis/apps/v1";

/** Kinds that every supported cluster serves under one stable version, by the names that kubectl is given. */
const resources: readonly (Resource & { readonly kind: string; readonly names: readonly string[] })[] = [
  { kind: "ConfigMap", root: core, plural: "configmaps", names: ["configmap"] },
  { kind: "Secret", root: core, plural: "secrets", names: ["secret"] },
  { kind: "Service", root: core, plural: "services", names: ["service"] },
  { kind: "Pod", root: core, plural: "pods", names: ["pod"] },
  { kind: "Event", root: core, plural: "events", names: [] },
  { kind: "ResourceQuota", root: core, plural: "resourcequotas", names: [] },
  { kind: "Deployment", root: apps, plural: "deployments", names: ["deployments.apps"] },
  { kind: "ReplicaSet", root: apps, plural: "replicasets", names: ["replicasets.apps"] },
  { kind: "StatefulSet", root: apps, plural: "statefulsets", names: ["statefulsets.apps"] },
  { kind: "DaemonSet", root: apps, plural: "daemonsets", names: ["daemonsets.apps"] },
  {
    kind: "ControllerRevision",
    root: apps,
    plural: "controllerrevisions",
    names: ["controllerrevisions.apps"],
  },
  { kind: "Job", root: "/apis/batch/v1", plural: "jobs", names: ["jobs.batch"] },
  {
    kind: "Lease",
    root: "/apis/coordination.k8s.io/v1",
    plural: "leases",
    names: ["leases.coordination.k8s.io"],
  },
  {
    kind: "HorizontalPodAutoscaler",
    root: "/apis/autoscaling/v2",
    plural: "horizontalpodautoscalers",
    names: ["horizontalpodautoscalers.autoscaling"],
  },
  {
    kind: "EndpointSlice",
    root: "/apis/discovery.k8s.io/v1",
    plural: "endpointslices",
    names: ["endpointslices"],
  },
];

const byName = new Map<string, Resource>(
  resources.flatMap((one) => [one.plural, ...one.names].map((name) => [name, one] as const)),
);

/** Where the API server keeps the objects of a kind in a namespace, or undefined where only kubectl can find out. */
export function pathOfKind(kind: string, namespace: string): string | undefined {
  const resource = byName.get(kind);
  return resource === undefined || namespace === "" ? undefined : collection(resource, namespace);
}

/** Where the API server keeps objects such as this one, or undefined where only kubectl can find out. */
export function pathOfObject(object: unknown): string | undefined {
  const namespace = textAt(object, "metadata", "namespace") ?? "";
  const resource = resources.find(
    ({ kind, root }) => kind === textAt(object, "kind") && root.endsWith(`/${textAt(object, "apiVersion")}`),
  );
  return resource === undefined || namespace === "" ? undefined : collection(resource, namespace);
}

function collection({ root, plural }: Resource, namespace: string): string {
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
