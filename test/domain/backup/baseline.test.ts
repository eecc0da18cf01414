import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import {
  baselineShape,
  compareTables,
  parseBaseline,
  totalRows,
  writeBaseline,
} from "../../../src/domain/backup/baseline.ts";

const schemaFile = new URL("../../../schemas/backup-baseline.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(schemaFile, "utf8"));
const parse = (value: unknown) => parseBaseline(JSON.stringify(value), "baseline.json");
const table = (name: string, rows: number, isParent = false) => ({ name, rows, isParent });

test("parseBaseline() takes limits from the table, then from the whole, then 5 percent below", () => {
  expect(
    parse({
      "above-percent": 50,
      tables: { "a.plain": 100, "a.exact": { rows: 7, "below-percent": 0, "above-percent": 0 } },
    }).tables,
  ).toEqual([
    { name: "a.plain", rows: 100, min: 95, max: 150 },
    { name: "a.exact", rows: 7, min: 7, max: 7 },
  ]);
});

test.each([
  { restored: [table("a.b", 100)], caught: [] },
  { restored: [table("a.b", 95), table("a.new", 1)], caught: [] },
  { restored: [table("a.b", 94)], caught: ["rows-below"] },
  { restored: [table("a.b", 201)], caught: ["rows-above"] },
  { restored: [table("b.b", 100)], caught: ["table-missing"] },
  { restored: [table("a.b", Number.NaN)], caught: ["rows-below"] },
])("compareTables() of $restored finds $caught", ({ restored, caught }) => {
  const baseline = parse({ "above-percent": 100, tables: { "a.b": 100 } });
  expect(compareTables(baseline, restored).map(({ id }) => id)).toEqual(caught);
});

test("compareTables() states observed, allowed and baseline", () => {
  const [fault] = compareTables(parse({ tables: { "a.b": 100 } }), [table("a.b", 3)]);
  expect(fault?.sentence).toBe("Table a.b has 3 rows, expected at least 95 (baseline 100)");
});

test("writeBaseline() writes what compareTables() accepts", () => {
  const restored = [table("a.parent", 4, true), table("a.child", 4)];
  expect(compareTables(parseBaseline(writeBaseline(restored), "b.json"), restored)).toEqual([]);
  expect(totalRows(restored)).toBe(4);
});

test.each([
  { value: { tables: {} }, says: "tables must name at least one table" },
  { value: {}, says: "tables is missing" },
  { value: [], says: "the document must be a mapping with tables" },
  { value: { tables: { "a.b": -1 } }, says: "tables.a.b must be 0 or more rows: got -1" },
  { value: { tables: { "a.b": "7" } }, says: "must be a number of rows" },
  { value: { tables: { "a.b": { row: 7 } } }, says: "tables.a.b" },
  { value: { table: {}, tables: { a: 1 } }, says: 'has an unknown key "table", did you mean "tables"' },
  { value: { "below-percent": -1, tables: { a: 1 } }, says: "must be 0 percent or more" },
])("parseBaseline() refuses $value", ({ value, says }) => {
  expect(() => parse(value)).toThrow(says);
});

test("schemas/backup-baseline.schema.json is what the parser's shape says", () => {
  const { title: _title, description: _description, ...rest } = schema;
  expect(rest).toEqual(z.toJSONSchema(baselineShape));
  const isValid = new Ajv2020({ strict: false }).compile(schema);
  expect(isValid({ tables: { "a.b": { rows: 1 } } })).toBe(true);
  expect(isValid({ tables: { "a.b": {} } })).toBe(false);
});
