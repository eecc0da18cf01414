import { isRecord } from "../../core/json.ts";

/** Whether labels bear everything a selector asks for. An empty selector selects nothing here. */
export function selects(selector: unknown, labels: unknown): boolean {
  if (!isRecord(selector) || !isRecord(labels)) return false;
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
