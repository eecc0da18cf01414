import { formatMs } from "../../core/duration.ts";

export const severities = ["P0", "P1", "P2", "P3"] as const;
export type Severity = (typeof severities)[number];

/** What may be looked at before and after a rollback. */
export type CheckName =
  | "record"
  | "images"
  | "kinds"
  | "dry run"
  | "traffic"
  | "pods"
  | "endpoints"
  | "leftovers"
  | "steadiness";

/** How a rollback goes about it, and everything it looks at. */
export interface Urgency {
  readonly level: "immediate" | "standard" | "careful";
  /** Why this level, one clause. */
  readonly why: string;
  /** In the order in which they are made. */
  readonly checks: readonly CheckName[];
}

const dayMs = 24 * 3_600_000;

const minimal: readonly CheckName[] = ["record", "traffic", "endpoints"];
const usual: readonly CheckName[] = ["record", "images", "kinds", "traffic", "pods", "endpoints"];
const comprehensive: readonly CheckName[] = [
  "record",
  "images",
  "kinds",
  "dry run",
  "traffic",
  "pods",
  "endpoints",
  "leftovers",
  "steadiness",
];

/**
 * The level and the checks. P0 comes before age: an outage is not made longer by looking. A version that served for more
 * than a day has left more behind than one that was just deployed, so its rollback looks at everything.
 */
export function urgencyOf(severity: Severity, deployedForMs: number | undefined): Urgency {
  if (severity === "P0") return { level: "immediate", why: "severity is P0", checks: minimal };
  if (deployedForMs !== undefined && deployedForMs > dayMs) {
    const why = `what is undone was deployed ${formatMs(deployedForMs)} ago`;
    return { level: "careful", why, checks: comprehensive };
  }
  const age = deployedForMs === undefined ? "of unknown age" : `deployed ${formatMs(deployedForMs)} ago`;
  return { level: "standard", why: `severity is ${severity} and what is undone was ${age}`, checks: usual };
}
