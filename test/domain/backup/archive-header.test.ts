import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readArchiveHeader } from "../../../src/domain/backup/archive-header.ts";

const dump = readFileSync(new URL("../../fixtures/backup/tiny.dump", import.meta.url));

test("readArchiveHeader() reads what pg_dump 15.18 wrote", () => {
  const reading = readArchiveHeader(dump);
  expect(reading).toMatchObject({
    kind: "header",
    header: {
      archiveVersion: "1.14",
      database: "tiny",
      serverVersion: "15.18 (Debian 15.18-0+deb12u1)",
      dumpVersion: "15.18 (Debian 15.18-0+deb12u1)",
    },
  });
});

/** A head as archive 1.15 and later have it: the compression is one byte. */
function headOf({ year = 126, entries = 3, minor = 16 }): Buffer {
  const integer = (value: number) => [
    value < 0 ? 1 : 0,
    ...Buffer.from(Int32Array.of(Math.abs(value)).buffer),
  ];
  const text = (value: string) => [...integer(value.length), ...Buffer.from(value)];
  const date = [0, 30, 3, 22, 10, year, 0].flatMap(integer);
  const names = ["tiny", "17.2", "17.2"].flatMap(text);
  const fixed = [...Buffer.from("PGDMP"), 1, minor, 0, 4, 8, 1, 1];
  return Buffer.from([...fixed, ...date, ...names, ...integer(entries)]);
}

test("readArchiveHeader() reads the layout of PostgreSQL 16 and later", () => {
  expect(readArchiveHeader(headOf({}))).toMatchObject({
    kind: "header",
    header: {
      archiveVersion: "1.16",
      createdMs: Date.UTC(2026, 10, 22, 3, 30),
      entries: 3,
      dumpVersion: "17.2",
    },
  });
});

test.each([
  { name: "is cut", bytes: dump.subarray(0, 30) },
  {
    name: "had its line ends converted",
    bytes: Buffer.from(dump.toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
  },
  { name: "has an impossible date", bytes: headOf({ year: -5 }) },
  { name: "announces no entries", bytes: headOf({ entries: 0 }) },
  { name: "announces a negative number of entries", bytes: headOf({ entries: -7 }) },
  {
    name: "has integers of an impossible size",
    bytes: Buffer.from("PGDMP\x01\x0e\x00\xff\x08\x01", "latin1"),
  },
])("readArchiveHeader() calls a head damaged that $name", ({ bytes }) => {
  expect(readArchiveHeader(bytes).kind).toBe("damaged");
});
