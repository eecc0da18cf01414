import type { ArmCounts } from "./counts.ts";

/** One look's new counts of one stratum, by stream. */
export interface MetricBatch {
  readonly stratum: string;
  readonly streams: Readonly<Record<string, ArmCounts>>;
}
