import type { Json } from "./expressions.ts";

/** One combination of a matrix. */
export type MatrixEntry = Readonly<Record<string, Json>>;

/** GitHub's limit for one run. */
const maxEntries = 256;

/** Every combination of the lists of a matrix; undefined when it is not a mapping of lists, or has `include` or `exclude`. */
export function expandMatrix(matrix: Json): readonly MatrixEntry[] | undefined {
  if (matrix === null || typeof matrix !== "object" || Array.isArray(matrix)) return undefined;
  let entries: readonly MatrixEntry[] = [{}];
  for (const [key, values] of Object.entries(matrix)) {
    if (!Array.isArray(values) || key === "include" || key === "exclude") return undefined;
    entries = entries.flatMap((entry) => values.map((value: Json) => ({ ...entry, [key]: value })));
  }
  return entries.length > 0 && entries.length <= maxEntries ? entries : undefined;
}

/** How GitHub names a job of a matrix: its values in brackets. */
export function matrixSuffix(entry: MatrixEntry): string {
  const values = Object.values(entry).map((value) =>
    typeof value === "object" ? JSON.stringify(value) : String(value),
  );
  return values.length === 0 ? "" : ` (${values.join(", ")})`;
}
