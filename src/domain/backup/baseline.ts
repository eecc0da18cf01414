import * as z from "zod/mini";
import { parseCheckedYaml } from "../document/checked-yaml.ts";
import type { Fault } from "./fault.ts";

/** A table of a restored database. Partitions and their parent are tables of their own. */
export interface TableRows {
  /** `schema.table`. */
  readonly name: string;
  readonly rows: number;
  /** A partitioned parent: its rows are those of its partitions. */
  readonly isParent: boolean;
}

const rows = z
  .int({ error: "must be a whole number of rows" })
  .check(z.minimum(0, { error: "must be 0 or more rows" }));
const percent = z
  .number({ error: "must be a number of percent" })
  .check(z.minimum(0, { error: "must be 0 percent or more" }));

/** The `baseline` format. `schemas/backup-baseline.schema.json` is written from it, and a test compares the two. */
export const baselineShape = z.strictObject(
  {
    "below-percent": z.optional(percent),
    "above-percent": z.optional(percent),
    tables: z.record(
      z.string(),
      z.union(
        [
          rows,
          z.strictObject({
            rows,
            "below-percent": z.optional(percent),
            "above-percent": z.optional(percent),
          }),
        ],
        { error: "must be a number of rows, or a mapping with rows, below-percent and above-percent" },
      ),
      { error: "must be a mapping of schema.table to rows" },
    ),
  },
  { error: "must be a mapping with tables" },
);

export interface Baseline {
  readonly tables: readonly BaselineTable[];
}

export interface BaselineTable {
  readonly name: string;
  readonly rows: number;
  readonly min: number;
  readonly max: number;
}

const defaultBelowPercent = 5;

/** Reads a baseline. One without tables is refused: everything would match it. */
export function parseBaseline(text: string, file: string): Baseline {
  const checked = parseCheckedYaml({ input: "baseline", file, text }, baselineShape);
  const { tables, ...all } = checked.value;
  const entries = Object.entries(tables);
  if (entries.length === 0) throw checked.refuse(["tables"], "tables must name at least one table");
  return {
    tables: entries.map(([name, given]) => {
      const own = typeof given === "number" ? { rows: given } : given;
      const below = limitOf("below-percent", own, all) ?? defaultBelowPercent;
      const above = limitOf("above-percent", own, all);
      const min = Math.max(0, Math.ceil(own.rows * (1 - below / 100)));
      const max = above === undefined ? Number.POSITIVE_INFINITY : Math.floor(own.rows * (1 + above / 100));
      return { name, rows: own.rows, min, max };
    }),
  };
}

type Limits = {
  readonly "below-percent"?: number | undefined;
  readonly "above-percent"?: number | undefined;
};

function limitOf(key: keyof Limits, own: Limits, all: Limits): number | undefined {
  return own[key] ?? all[key];
}

/** Every table of the baseline must be there with a count inside its limits. Further tables are no fault. */
export function compareTables({ tables }: Baseline, restored: readonly TableRows[]): readonly Fault[] {
  const seen = new Map(restored.map(({ name, rows: count }) => [name, count]));
  return tables.flatMap((wanted): readonly Fault[] => {
    const count = seen.get(wanted.name);
    if (count === undefined) {
      return [
        { id: "table-missing", sentence: `Table ${wanted.name} is missing from the restored database` },
      ];
    }
    if (!(count >= wanted.min)) return [countFault("rows-below", wanted, count)];
    if (!(count <= wanted.max)) return [countFault("rows-above", wanted, count)];
    return [];
  });
}

function countFault(id: "rows-below" | "rows-above", wanted: BaselineTable, count: number): Fault {
  const limit = id === "rows-below" ? `at least ${wanted.min}` : `at most ${wanted.max}`;
  const sentence = `Table ${wanted.name} has ${count} rows, expected ${limit} (baseline ${wanted.rows})`;
  return { id, sentence };
}

/** The text of a baseline that what was restored would pass. */
export function writeBaseline(restored: readonly TableRows[]): string {
  const tables = Object.fromEntries(restored.map(({ name, rows: count }) => [name, count]));
  return `${JSON.stringify({ "below-percent": defaultBelowPercent, tables }, null, 2)}\n`;
}

/** Rows of the whole database, each counted once. */
export function totalRows(restored: readonly TableRows[]): number {
  return restored.filter(({ isParent }) => !isParent).reduce((sum, { rows: count }) => sum + count, 0);
}
