import type { DeployRecord } from "../record/record.ts";

/** The mean time of the rollbacks on record. */
export interface MeanTime {
  readonly seconds: number;
  readonly count: number;
}

/** With the one that is not on record yet, where there is one. Undefined where no rollback is known. */
export function meanRollbackTime(
  records: readonly DeployRecord[],
  latest?: number | undefined,
): MeanTime | undefined {
  const times = [
    ...records.flatMap(({ rollbackSeconds }) => rollbackSeconds ?? []),
    ...(latest === undefined ? [] : [latest]),
  ];
  if (times.length === 0) return undefined;
  const sum = times.reduce((total, one) => total + one, 0);
  return { seconds: Math.round((sum / times.length) * 10) / 10, count: times.length };
}
