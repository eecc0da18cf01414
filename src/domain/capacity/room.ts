import { at, isRecord, listAt, numberAt, textAt } from "../../core/json.ts";
import { type ManifestObject, workloadObjects } from "../release/manifest.ts";
import { quantityOf } from "./quantity.ts";

/** Pods that are needed beside those that run, and what they ask for, by the names of quotas. */
export type Demand = Readonly<Record<string, number>>;

export interface ExtraPods {
  readonly object: ManifestObject;
  readonly pods: number;
}

/** What pods of a workload ask for together. */
export function demandOf(extra: readonly ExtraPods[]): Demand {
  const sum: Record<string, number> = {};
  for (const { object, pods } of extra) {
    for (const [resource, amount] of Object.entries(podDemand(at(object.body, "spec", "template", "spec"))))
      sum[resource] = (sum[resource] ?? 0) + amount * pods;
  }
  return sum;
}

function podDemand(spec: unknown): Demand {
  const asked = (kind: "requests" | "limits", resource: string) => {
    const of = (container: unknown) => quantityOf(at(container, "resources", kind, resource)) ?? 0;
    const running = listAt(spec, "containers").reduce<number>((sum, one) => sum + of(one), 0);
    return Math.max(running, ...listAt(spec, "initContainers").map(of));
  };
  const cpu = asked("requests", "cpu");
  const memory = asked("requests", "memory");
  return {
    pods: 1,
    "count/pods": 1,
    cpu,
    memory,
    "requests.cpu": cpu,
    "requests.memory": memory,
    "limits.cpu": asked("limits", "cpu"),
    "limits.memory": asked("limits", "memory"),
  };
}

/** The pods that a rolling upgrade makes before it takes others away, with so many as run now. */
export function surgeOf(object: ManifestObject, replicas: number): ExtraPods {
  if (object.kind !== "Deployment" || textAt(object.body, "spec", "strategy", "type") === "Recreate")
    return { object, pods: 0 };
  const surge = at(object.body, "spec", "strategy", "rollingUpdate", "maxSurge") ?? "25%";
  const share = typeof surge === "string" && surge.endsWith("%") ? Number(surge.slice(0, -1)) : undefined;
  const pods = share === undefined ? Number(surge) : Math.ceil((share / 100) * replicas);
  // Without a surge, old pods go first.
  return { object, pods: Math.min(pods, replicas) };
}

/** The pods of a release that comes to stand beside another, with at least so many as that one runs now. */
export function besideOf(objects: readonly ManifestObject[], serving: number): readonly ExtraPods[] {
  const own = workloadObjects(objects).map((object) => ({
    object,
    pods: object.kind === "DaemonSet" ? 1 : (numberAt(object.body, "spec", "replicas") ?? 1),
  }));
  const all = own.reduce((sum, { pods }) => sum + pods, 0);
  return own.map(({ object, pods }) => ({
    object,
    pods: all === 0 ? pods : Math.max(pods, Math.ceil((serving * pods) / all)),
  }));
}

/** Why the namespace has no room for so much more, one sentence for each quota and resource. */
export function shortages(quotas: readonly unknown[], demand: Demand): readonly string[] {
  return quotas.flatMap((quota) => {
    // A quota with scopes counts some pods only; which of ours, the API server alone can say.
    if (listAt(quota, "spec", "scopes").length > 0 || at(quota, "spec", "scopeSelector") !== undefined)
      return [];
    const hard = at(quota, "status", "hard");
    if (!isRecord(hard)) return [];
    return Object.keys(hard).flatMap((resource) => {
      const limit = quantityOf(hard[resource]);
      const used = quantityOf(at(quota, "status", "used", resource)) ?? 0;
      const needed = demand[resource] ?? 0;
      if (limit === undefined || needed === 0 || used + needed <= limit) return [];
      const name = textAt(quota, "metadata", "name") ?? "";
      return [
        `ResourceQuota ${name} leaves ${amountOf(limit - used, resource)} of ${amountOf(limit, resource)} ${resource}, and ${amountOf(needed, resource)} more are needed for a time`,
      ];
    });
  });
}

function amountOf(amount: number, resource: string): string {
  if (/memory$/.test(resource)) return `${Math.round(amount / 2 ** 20)}Mi`;
  return /cpu$/.test(resource) ? `${Math.round(amount * 1000)}m` : String(Math.round(amount));
}
