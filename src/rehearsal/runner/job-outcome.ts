import type { JobConclusion } from "./events.ts";
import type { Json, Status } from "./expressions.ts";

/** What other jobs may know of a job that has ended. */
export interface JobOutcome {
  readonly result: JobConclusion;
  readonly outputs: Readonly<Record<string, string>>;
  /** Its own result and those of everything it needed, however far back. */
  readonly lineage: readonly JobConclusion[];
  /** Whether the result was taken from the attempt before. */
  readonly isReused: boolean;
}

/** What `success()` and its sisters answer in the `if` of a job: all jobs before it count, not just its needs. */
export function jobStatus(needs: readonly JobOutcome[], isCancelled: boolean): Status {
  const lineage = needs.flatMap((need) => need.lineage);
  return {
    success: !isCancelled && lineage.every((result) => result === "success"),
    failure: !isCancelled && lineage.includes("failure"),
    cancelled: isCancelled,
  };
}

/** The `needs` context. */
export function needsContext(needs: ReadonlyMap<string, JobOutcome>): Json {
  return Object.fromEntries(
    [...needs].map(([id, { result, outputs }]) => [id, { result, outputs: { ...outputs } }]),
  );
}

/** One result for several: the jobs of a called workflow, or of a matrix. */
export function combineResults(results: readonly JobConclusion[]): JobConclusion {
  if (results.includes("failure")) return "failure";
  if (results.includes("cancelled")) return "cancelled";
  return results.length > 0 && results.every((result) => result === "skipped") ? "skipped" : "success";
}
