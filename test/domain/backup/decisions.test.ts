import { expect, test } from "vitest";
import { judgeAge, judgeRto, takenAt } from "../../../src/domain/backup/age.ts";
import { checksumFrom, statedChecksum } from "../../../src/domain/backup/checksum.ts";
import { needsOf } from "../../../src/domain/backup/dump-needs.ts";
import { caughtIds, judgeBackup } from "../../../src/domain/backup/fault.ts";
import { plainDumpReader } from "../../../src/domain/backup/plain-dump.ts";
import { canRestrict, majorOf, tooOld } from "../../../src/domain/backup/postgres-version.ts";
import { promisedCompression, shownHead, sniff } from "../../../src/domain/backup/sniff.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const hour = 3_600_000;

test.each([
  { head: bytes(""), kind: "empty" },
  { head: Buffer.from([0x1f, 0x8b, 8]), kind: "compressed" },
  { head: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), kind: "compressed" },
  { head: bytes("PGDMP\x01"), kind: "dump" },
  { head: bytes("--\n-- PostgreSQL database dump\n--\n"), kind: "dump" },
  { head: bytes("--\r\n-- PostgreSQL database dump\r\n--\r\n"), kind: "dump" },
  { head: bytes("--\n-- PostgreSQL database cluster dump\n--\n"), kind: "cluster-dump" },
  { head: bytes(`toc.dat${"\0".repeat(250)}ustar`), kind: "dump" },
  { head: bytes(`other${"\0".repeat(252)}ustar`), kind: "unknown" },
  { head: bytes("pg_dump: error: connection failed"), kind: "unknown" },
  { head: bytes("XGDMP"), kind: "unknown" },
])("sniff() of $head is $kind", ({ head, kind }) => {
  expect(sniff(head).kind).toBe(kind);
});

test("promisedCompression() and shownHead()", () => {
  expect(promisedCompression("a.sql.gz")).toBe("gzip");
  expect(promisedCompression("a.sql.zst")).toBe("zstd");
  expect(promisedCompression("a.gz.sql")).toBeUndefined();
  expect(shownHead(bytes("error: no\n"))).toBe('"error: no"');
  expect(shownHead(Buffer.from([0, 255, 1]))).toBe("00 ff 01");
});

test.each([
  { given: { fileMs: 100 * hour }, at: 100 * hour },
  { given: { fileMs: 100 * hour, dumpMs: 99 * hour }, at: 100 * hour },
  { given: { fileMs: 100 * hour, dumpMs: 87 * hour }, at: 100 * hour },
  { given: { fileMs: 100 * hour, dumpMs: 28 * hour }, at: 28 * hour },
  { given: { fileMs: 100 * hour, dumpMs: 120 * hour }, at: 100 * hour },
])("takenAt() of $given", ({ given, at }) => {
  expect(takenAt(given)).toBe(at);
});

test("judgeAge() and judgeRto() state both numbers", () => {
  expect(judgeAge(27 * hour, 26 * hour)).toEqual([
    { id: "age", sentence: "The backup is 27 h 0 min old, allowed are 26 h 0 min" },
  ]);
  expect(judgeAge(26 * hour, 26 * hour)).toEqual([]);
  expect(judgeAge(Number.NaN, 26 * hour)).toHaveLength(1);
  expect(judgeAge(1e15, undefined)).toEqual([]);
  expect(judgeRto(61_000, 60_000)[0]?.sentence).toBe("The restore took 1 min 1 s, allowed are 1 min 0 s");
  expect(judgeRto(60_000, 60_000)).toEqual([]);
});

const sum = "a".repeat(64);

test("statedChecksum() takes a SHA-256 and nothing else", () => {
  expect(statedChecksum(sum.toUpperCase())).toBe(sum);
  expect(statedChecksum(`sha256:${sum}`)).toBe(sum);
  expect(statedChecksum("dump.sha256")).toBeUndefined();
});

test("checksumFrom() takes the line of the backup", () => {
  const other = "b".repeat(64);
  expect(checksumFrom(`${other}  other.dump\n${sum} *./backups/a.dump\n`, "a.dump")).toBe(sum);
  expect(checksumFrom(`${sum}\n`, "a.dump")).toBe(sum);
  expect(() => checksumFrom(`${other}  other.dump\n`, "a.dump")).toThrow("it holds none");
  expect(() => checksumFrom("not a sum", "a.dump")).toThrow('Input "checksum"');
});

test.each([
  { version: "15.13", may: false },
  { version: "15.14", may: true },
  { version: "17.5", may: false },
  { version: "17.6", may: true },
  { version: "18.0", may: true },
  { version: "12.22", may: false },
  { version: "19beta1", may: false },
])("canRestrict() of psql $version is $may", ({ version, may }) => {
  expect(canRestrict(version)).toBe(may);
});

test("tooOld() names what made the dump", () => {
  expect(majorOf("15.18 (Debian 15.18-0+deb12u1)")).toBe(15);
  expect(tooOld({ server: "15.1", dump: "15.1" }, 15)).toBeUndefined();
  expect(tooOld({ server: "17.2" }, 16)).toContain(
    "from PostgreSQL 17.2, which PostgreSQL 16 on this runner",
  );
  expect(tooOld({ server: "14.1", dump: "17.2" }, 16)).toContain("by pg_dump 17.2");
  expect(tooOld({}, 16)).toBeUndefined();
});

test("needsOf() finds the roles and extensions that a schema takes for granted", () => {
  const schema = [
    'ALTER TABLE shop.orders OWNER TO "Odd Role";',
    "ALTER SCHEMA public OWNER TO pg_database_owner;",
    "GRANT SELECT ON TABLE shop.v TO reporting;",
    "GRANT ALL ON SCHEMA public TO PUBLIC;",
    "REVOKE ALL ON SCHEMA shop FROM old_role;",
    "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA shop GRANT SELECT ON TABLES TO Auditor;",
    "CREATE POLICY p ON shop.customers FOR SELECT TO app, viewer USING (true);",
    "CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;",
    'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA tools;',
  ].join("\n");
  expect(needsOf(schema)).toEqual({
    roles: ["Odd Role", "reporting", "old_role", "auditor", "app", "viewer"],
    extensions: [
      { name: "pgcrypto", schema: "public" },
      { name: "uuid-ossp", schema: "tools" },
    ],
  });
});

function read(lines: readonly string[], inRows = false) {
  const reader = plainDumpReader();
  for (const [index, line] of lines.entries()) reader.readLine(line, index + 1);
  return reader.finish(inRows);
}

const end = ["--", "-- PostgreSQL database dump complete", "--", ""];

test("plainDumpReader() reads versions, start and end", () => {
  expect(
    read([
      "\\restrict abc",
      "-- Dumped from database version 15.18 (Debian)",
      "-- Dumped by pg_dump version 16.2",
      "-- Started on 2026-11-22 03:00:00 UTC",
      ...end,
      "\\unrestrict abc",
    ]),
  ).toEqual({
    faults: [],
    changesDatabase: false,
    needs: { roles: [], extensions: [] },
    serverVersion: "15.18",
    dumpVersion: "16.2",
    startedMs: Date.UTC(2026, 10, 22, 3),
  });
});

test.each([
  { lines: ["SELECT 1;"], inRows: false, id: "truncated" },
  { lines: [...end, "SELECT 1;", "SELECT 2;", "SELECT 3;", "SELECT 4;"], inRows: false, id: "truncated" },
  { lines: ["COPY a FROM stdin;"], inRows: true, id: "truncated" },
  { lines: ["\\! touch /tmp/x", ...end], inRows: false, id: "command" },
  { lines: ["\\copy a from program 'id'", ...end], inRows: false, id: "command" },
  { lines: ["\\restrict a; \\! id", ...end], inRows: false, id: "command" },
  { lines: ["\\connectx", ...end], inRows: false, id: "command" },
])("plainDumpReader() finds $id in $lines", ({ lines, inRows, id }) => {
  expect(read(lines, inRows).faults.map((fault) => fault.id)).toEqual([id]);
});

test("plainDumpReader() notes a dump that leaves its database", () => {
  expect(read(["\\connect other", ...end])).toMatchObject({ changesDatabase: true, faults: [] });
});

test("judgeBackup() fails on faults, is inconclusive on gaps and passes without both", () => {
  const fault = { id: "age", sentence: "old" } as const;
  expect(judgeBackup([], [])).toEqual({ kind: "pass" });
  expect(judgeBackup([], ["no baseline"])).toEqual({ kind: "inconclusive", missing: ["no baseline"] });
  expect(judgeBackup([fault], ["no baseline"])).toEqual({ kind: "fail", reasons: ["old"] });
  expect(caughtIds([fault, fault])).toEqual(["age"]);
});
