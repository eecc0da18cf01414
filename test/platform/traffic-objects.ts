import { isDeepStrictEqual } from "node:util";
import { isRecord, textAt } from "../../src/core/json.ts";
import type { PatchOperation } from "../../src/domain/traffic/patch.ts";
import { ConflictError } from "../../src/platform/kubectl-errors.ts";
import type { TrafficCluster } from "../../src/platform/traffic-object.ts";

type Fields = { [key: string]: unknown };
type Stored = Fields & { metadata: Fields };

/** An object as a test writes it; `apiVersion` plays no part. */
export interface Given {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface Behaviour {
  /** What the cluster's controllers do after each write, and before each read. */
  readonly controllers?: ((objects: Objects) => void) | undefined;
  /** Changes by somebody else, one before each patch of ours. */
  readonly othersChanges?: number;
}

export interface Objects {
  find(kind: string, name: string): Stored | undefined;
  all(kind: string): readonly Stored[];
  put(object: Given): void;
  remove(kind: string, name: string): void;
}

/** A cluster of one namespace that keeps versions and generations, and applies JSON patches as the API server does. */
export function trafficObjects(given: readonly Given[], behaviour: Behaviour = {}) {
  const store = new Map<string, Stored>();
  const patches: (readonly PatchOperation[])[] = [];
  const commands: string[] = [];
  let version = 0;
  let others = behaviour.othersChanges ?? 0;
  const keyOf = (kind: string, name: string) => `${singular(kind)}/${name}`;
  const put = (object: Given) => {
    const copy = structuredClone(object) as unknown as Stored;
    copy.metadata = { namespace: "shop", generation: 1, ...copy.metadata, resourceVersion: `${++version}` };
    store.set(keyOf(object.kind, object.metadata.name), copy);
  };
  const objects: Objects = {
    find: (kind, name) => store.get(keyOf(kind, name)),
    all: (kind) => [...store].filter(([key]) => key.startsWith(`${singular(kind)}/`)).map(([, one]) => one),
    put,
    remove: (kind, name) => void store.delete(keyOf(kind, name)),
  };
  const settle = () => behaviour.controllers?.(objects);
  for (const object of given) put(object);
  const touch = (object: Stored) => {
    object.metadata["resourceVersion"] = `${++version}`;
    object.metadata["generation"] = Number(object.metadata["generation"]) + 1;
  };
  const cluster: TrafficCluster = {
    get: async (kind, name) => {
      settle();
      return structuredClone(objects.find(kind, name));
    },
    list: async (kind, _namespace, selector = "") => {
      settle();
      const [key = "", value = ""] = selector.split("=");
      return structuredClone(
        objects
          .all(kind)
          .filter((one) => selector === "" || textAt(one, "metadata", "labels", key) === value),
      );
    },
    patch: async (kind, name, _namespace, { patch }) => {
      const object = objects.find(kind, name);
      if (object === undefined) throw new Error(`no ${kind} ${name}`);
      if (others-- > 0) touch(object);
      const operations = patch as unknown as readonly PatchOperation[];
      const changed = applyPatch(object, operations) as Stored;
      touch(changed);
      store.set(keyOf(kind, name), changed);
      patches.push(operations);
      return changed;
    },
    create: async (object) => {
      const one = object as unknown as Given;
      if (objects.find(one.kind, one.metadata.name) !== undefined) {
        throw new ConflictError(`${one.kind} ${one.metadata.name} (AlreadyExists)`);
      }
      put(one);
      return objects.find(one.kind, one.metadata.name);
    },
    run: async (args) => {
      commands.push(args.join(" "));
      const [verb, what = ""] = args;
      const replicas = args.find((arg) => arg.startsWith("--replicas="))?.split("=")[1];
      const [kind = "", name = ""] = what.split("/");
      const object = objects.find(kind, name);
      if (verb !== "scale" || object === undefined || replicas === undefined) {
        throw new Error(`not known here: kubectl ${args.join(" ")}`);
      }
      (object["spec"] as Fields)["replicas"] = Number(replicas);
      touch(object);
      return { exitCode: 0, stdout: "", stderr: "", timedOut: false, cancelled: false, truncated: false };
    },
  };
  return { cluster, objects, patches, commands };
}

/** A Service with so many ready pods behind it, each named and addressed after it. */
export function serviceWith(
  name: string,
  ready: readonly string[],
  selector: Fields = { app: name },
): readonly Given[] {
  const ports = [{ name: "http", protocol: "TCP", port: 80, targetPort: "http", nodePort: 30080 }];
  return [
    { kind: "Service", metadata: { name }, spec: { clusterIP: "10.0.0.9", selector, ports } },
    slice(name, ready),
  ];
}

export function slice(service: string, ready: readonly string[], unready: readonly string[] = []): Given {
  const endpoint = (isReady: boolean) => (pod: string) => ({
    addresses: [pod],
    conditions: { ready: isReady },
    targetRef: { kind: "Pod", name: pod },
  });
  return {
    kind: "EndpointSlice",
    metadata: { name: `${service}-1`, labels: { "kubernetes.io/service-name": service } },
    endpoints: [...ready.map(endpoint(true)), ...unready.map(endpoint(false))],
  };
}

/** The object after the patch, or an error where a test does not hold; the object itself stays as it is. */
export function applyPatch(object: unknown, patch: readonly PatchOperation[]): unknown {
  const root: Fields = { root: structuredClone(object) };
  for (const operation of patch) {
    const steps = ["root", ...operation.path.slice(1).split("/")].map((step) =>
      step.replaceAll("~1", "/").replaceAll("~0", "~"),
    );
    const last = steps.at(-1) ?? "";
    let holder: unknown = root;
    for (const step of steps.slice(0, -1)) {
      holder = Array.isArray(holder) ? holder[Number(step)] : isRecord(holder) ? holder[step] : undefined;
    }
    applyOne(holder, last, operation);
  }
  return root["root"];
}

function applyOne(holder: unknown, key: string, { op, path, value }: PatchOperation): void {
  if (Array.isArray(holder)) {
    const index = key === "-" ? holder.length : Number(key);
    if (op === "test" && !isDeepStrictEqual(holder[index], value)) throw new Error(`test of ${path} failed`);
    if (op === "add") holder.splice(index, 0, value);
    if (op === "replace") holder[index] = value;
    if (op === "remove") holder.splice(index, 1);
    return;
  }
  if (typeof holder !== "object" || holder === null) throw new Error(`${path} leads nowhere`);
  const fields = holder as Fields;
  if (op === "test" && !isDeepStrictEqual(fields[key], value)) throw new Error(`test of ${path} failed`);
  if (op === "remove" && !(key in fields)) throw new Error(`${path} is not there`);
  if (op === "add" || op === "replace") fields[key] = value;
  if (op === "remove") delete fields[key];
}

function singular(kind: string): string {
  const plain = (kind.split(".")[0] ?? "").toLowerCase();
  if (plain.endsWith("sses")) return plain.slice(0, -2);
  return plain.endsWith("s") && !plain.endsWith("ss") ? plain.slice(0, -1) : plain;
}
