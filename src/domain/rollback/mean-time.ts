import type { DeployRecord } from "../record/record.ts";

/** The mean time of the rollbacks on record. */
export interface MeanTime {
  readonly seconds: number;
  readonly count: number;
}

/** Undefined where no rollback is on record. */
export function meanRollbackTime(records: readonly DeployRecord[]): MeanTime | undefined {
  const times = records.flatMap(({ rollbackSeconds }) => rollbackSeconds ?? []);
  if (times.length === 0) return undefined;
  const sum = times.reduce((total, one) => total + one, 0);
  return { seconds: Math.round((sum / times.length) * 10) / 10, count: times.length };
}
