import { listAt, numberAt, textAt } from "../../core/json.ts";

/** What the gateways that carry a route say about its present generation. */
export type RouteAcceptance =
  | { readonly kind: "accepted" }
  /** Somebody may still answer: the reason is what is missing. */
  | { readonly kind: "waiting"; readonly reason: string };

export interface AcceptanceRule {
  /** An idle arm that is not installed leaves a backend unresolved; at weight 0 that harms nobody. */
  readonly mayMissBackend: boolean;
}

/** Whether every parent accepted the route and resolved its backends at this generation or a later one. */
export function judgeAcceptance(route: unknown, rule: AcceptanceRule): RouteAcceptance {
  const generation = numberAt(route, "metadata", "generation") ?? 0;
  const parents = listAt(route, "status", "parents");
  const wanted = listAt(route, "spec", "parentRefs");
  const silent = wanted.find((ref) => !parents.some((parent) => isAbout(parent, ref)));
  if (wanted.length === 0) return waiting("the route names no gateway");
  if (silent !== undefined) return waiting(`${nameParent(silent)} has said nothing about the route`);
  for (const parent of parents) {
    for (const type of ["Accepted", "ResolvedRefs"]) {
      const problem = conditionProblem(parent, type, { generation, ...rule });
      if (problem !== undefined) return waiting(problem);
    }
  }
  return { kind: "accepted" };
}

function conditionProblem(
  parent: unknown,
  type: string,
  rule: AcceptanceRule & { readonly generation: number },
): string | undefined {
  const name = nameParent((parent as { parentRef?: unknown }).parentRef);
  const condition = listAt(parent, "conditions").find((one) => textAt(one, "type") === type);
  if (condition === undefined) return `${name} has not set ${type}`;
  if (!((numberAt(condition, "observedGeneration") ?? 0) >= rule.generation)) {
    return `${name} has not seen generation ${rule.generation} (${type})`;
  }
  if (textAt(condition, "status") === "True") return undefined;
  const reason = textAt(condition, "reason") ?? "no reason";
  if (type === "ResolvedRefs" && reason === "BackendNotFound" && rule.mayMissBackend) return undefined;
  return `${name} says ${type} is ${textAt(condition, "status") ?? "unknown"}: ${reason}: ${textAt(condition, "message") ?? ""}`;
}

function isAbout(parent: unknown, ref: unknown): boolean {
  return ["name", "namespace", "sectionName"].every((key) => {
    const wanted = textAt(ref, key);
    return wanted === undefined || textAt(parent, "parentRef", key) === wanted;
  });
}

function nameParent(ref: unknown): string {
  return `${textAt(ref, "kind") ?? "Gateway"} ${textAt(ref, "name") ?? "without a name"}`;
}

function waiting(reason: string): RouteAcceptance {
  return { kind: "waiting", reason };
}
