import { at, listAt, numberAt, textAt } from "../../core/json.ts";

/**
 * Whether an autoscaler's behavior is what the API server fills in around our word, and nothing that anybody chose.
 */
export function isOnlyDefault(behavior: unknown): boolean {
  const down = at(behavior, "scaleDown");
  const up = at(behavior, "scaleUp");
  return (
    hasPolicies(down, ["Percent 100 15"]) &&
    numberAt(down, "stabilizationWindowSeconds") === undefined &&
    hasPolicies(up, ["Percent 100 15", "Pods 4 15"]) &&
    (numberAt(up, "stabilizationWindowSeconds") ?? 0) === 0 &&
    (textAt(up, "selectPolicy") ?? "Max") === "Max"
  );
}

function hasPolicies(rules: unknown, wanted: readonly string[]): boolean {
  const found = listAt(rules, "policies").map(
    (one) => `${textAt(one, "type")} ${numberAt(one, "value")} ${numberAt(one, "periodSeconds")}`,
  );
  return at(rules, "policies") === undefined || found.toSorted().join() === wanted.join();
}
