import type { Kubectl } from "../../src/platform/kubectl.ts";
import { ForbiddenError } from "../../src/platform/kubectl-errors.ts";

interface Stored {
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  metadata: Record<string, unknown>;
  kind: string;
}

export interface ScaledCluster {
  readonly kubectl: Kubectl;
  readonly did: string[];
  /** What Helm or an autoscaler does: sets a count and tells the watchers. */
  set(name: string, replicas: number): void;
  autoscaler(name: string): Stored;
  deployment(name: string): Stored;
}

export interface Scaled {
  readonly name: string;
  readonly replicas: number;
  readonly release?: string;
  readonly max?: number;
  readonly behavior?: object;
  /** Why the controller makes no pods beyond what there is. */
  readonly refusal?: string;
  /** Pods never become ready. */
  readonly stuck?: true;
}

/** Deployments whose pods are ready as soon as they are wanted, with their autoscalers and Services. */
export function scaledCluster(scaled: readonly Scaled[], fields: readonly object[] = []): ScaledCluster {
  const did: string[] = [];
  const watchers: ((event: never) => void)[] = [];
  const deployments = new Map(scaled.map((one) => [one.name, deploymentOf(one)]));
  const autoscalers = new Map(
    scaled.filter(({ max }) => max !== undefined).map((one) => [one.name, autoscalerOf(one)]),
  );
  const deployment = (name: string) => mustGet(deployments, name);
  const autoscaler = (name: string) => mustGet(autoscalers, name);
  const set = (name: string, replicas: number) => {
    const object = deployment(name);
    const about = scaled.find((one) => one.name === name);
    object.spec.replicas = replicas;
    if (about?.refusal !== undefined && replicas > about.replicas)
      object.status.conditions = [{ type: "ReplicaFailure", status: "True", message: about.refusal }];
    else if (about?.stuck !== true) object.status.readyReplicas = replicas;
    for (const tell of watchers) tell({ type: "MODIFIED", object: structuredClone(object) } as never);
  };
  const kubectl = {
    list: async (kind: string) => {
      if (kind.startsWith("statefulsets")) throw new ForbiddenError("may not list statefulsets");
      if (kind.startsWith("deployments")) return structuredClone([...deployments.values()]);
      return kind.startsWith("horizontalpod") ? structuredClone([...autoscalers.values()]) : [];
    },
    get: async (kind: string, name: string) => {
      if (kind === "service") return { spec: { selector: { app: name } } };
      return kind.startsWith("horizontalpod") ? structuredClone(autoscalers.get(name)) : undefined;
    },
    patch: async (_kind: string, name: string, _namespace: string, { patch }: { patch: object }) => {
      did.push(`patch ${name}`);
      merge(autoscaler(name) as never, patch as never);
    },
    apply: async ({ kind, metadata, spec }: Stored) => {
      if (kind === "HorizontalPodAutoscaler")
        return applyPin(autoscaler(String(metadata.name)), { metadata, spec });
      did.push(`hold ${String(metadata.name)} ${String(spec.replicas)}`);
    },
    run: async (args: readonly string[]) => {
      const name = args[1]?.split("/")[1] ?? "";
      if (args[0] === "scale") {
        const count = Number(args.at(-1)?.split("=")[1]);
        did.push(`scale ${name} ${count}`);
        set(name, count);
      }
      const stdout = JSON.stringify({ metadata: { managedFields: fields } });
      return { exitCode: 0, stdout, stderr: "", timedOut: false, cancelled: false, truncated: false };
    },
    watch: async (
      _k: string,
      _n: string,
      _s: undefined,
      tell: (event: never) => void,
      signal: AbortSignal,
    ) => {
      watchers.push(tell);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  return { kubectl: kubectl as unknown as Kubectl, did, set, autoscaler, deployment };

  function applyPin(object: Stored, ours: Pick<Stored, "metadata" | "spec">): void {
    did.push(`${ours.spec === undefined ? "unpin" : "pin"} ${String(object.metadata.name)}`);
    if (ours.spec !== undefined) {
      merge(object as never, ours as never);
      return;
    }
    // What was applied under a name and is not applied again is gone; the server fills in what it chooses. (Kubernetes
    // 1.34.2: a behavior of which nothing else was anybody's is gone as a whole.)
    object.metadata.annotations = {};
    const { scaleDown } = object.spec.behavior as { scaleDown: Record<string, unknown> };
    if (Object.keys(scaleDown).length === 1 && scaleDown.selectPolicy === "Disabled")
      delete object.spec.behavior;
    else if (scaleDown.selectPolicy === "Disabled") scaleDown.selectPolicy = "Max";
  }
}

function deploymentOf({ name, replicas, release = name, stuck }: Scaled): Stored {
  return {
    kind: "Deployment",
    metadata: { name, generation: 1, annotations: { "meta.helm.sh/release-name": release } },
    spec: { replicas, template: { metadata: { labels: { app: name } } } },
    status: {
      observedGeneration: 1,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: stuck === true ? 0 : replicas,
    },
  };
}

function autoscalerOf({ name, max, behavior }: Scaled): Stored {
  const target = { scaleTargetRef: { kind: "Deployment", name }, minReplicas: 1, maxReplicas: max };
  return {
    kind: "HorizontalPodAutoscaler",
    metadata: { name },
    spec: behavior === undefined ? target : { ...target, behavior },
    status: {},
  };
}

function mustGet(map: ReadonlyMap<string, Stored>, name: string): Stored {
  const found = map.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function merge(into: Record<string, unknown>, patch: Readonly<Record<string, unknown>>): object {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete into[key];
    else if (typeof value === "object") into[key] = merge({ ...(into[key] as object) }, value as never);
    else into[key] = value;
  }
  return into;
}
