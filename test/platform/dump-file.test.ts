import { mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { findBackup, findTarProblem, isDamage, readBytes, readHead } from "../../src/platform/dump-file.ts";
import { guardDump, readPlainDump } from "../../src/platform/plain-dump-stream.ts";

const folder = () => mkdtempSync(join(tmpdir(), "sluice-dump-"));
const tar = readFileSync(new URL("../fixtures/backup/tiny.tar", import.meta.url));

test("findBackup() takes the newest file and leaves folders out that are no dumps", async () => {
  const place = folder();
  for (const [name, seconds] of [
    ["a.dump", 10],
    ["b.dump", 30],
    ["c.dump", 20],
  ] as const) {
    writeFileSync(join(place, name), name);
    utimesSync(join(place, name), seconds, seconds);
  }
  mkdirSync(join(place, "newer-folder"));
  expect(await findBackup(join(place, "*"))).toMatchObject({ name: "b.dump", modifiedMs: 30_000 });
  expect(await findBackup(join(place, "c.dump"))).toMatchObject({ name: "c.dump" });
  await expect(findBackup(join(place, "*.sql"))).rejects.toThrow("nothing matches");
});

test("findBackup() takes a name with glob signs in it as it stands", async () => {
  const path = join(folder(), "db[1].dump");
  writeFileSync(path, "x");
  expect(await findBackup(path)).toMatchObject({ path });
});

test.each([
  { compression: "gzip", bytes: gzipSync("hello") },
  { compression: "zstd", bytes: zstdCompressSync("hello") },
] as const)("readBytes() decompresses $compression and tells damage", async ({ compression, bytes }) => {
  const path = join(folder(), "dump");
  writeFileSync(path, bytes);
  expect((await readHead(readBytes(path, compression), 100)).toString()).toBe("hello");
  expect((await readHead(readBytes(path, compression), 2)).toString()).toBe("he");
  writeFileSync(path, bytes.subarray(0, -3));
  const error = await readHead(readBytes(path, compression), 100).catch((thrown: unknown) => thrown);
  expect(isDamage(error)).toBe(true);
  expect(isDamage(new Error("disk"))).toBe(false);
});

test.each([
  { name: "a whole tar", bytes: tar, problem: undefined },
  { name: "a tar cut within a member", bytes: tar.subarray(0, 1500), problem: "it ends within its member" },
  { name: "a tar cut between members", bytes: tar.subarray(0, tarEnd()), problem: "it has no end" },
  {
    name: "a tar with a member overwritten",
    bytes: overwritten(),
    problem: "it has no member where one must",
  },
])("findTarProblem() of $name", async ({ bytes, problem }) => {
  const path = join(folder(), "dump.tar");
  writeFileSync(path, bytes);
  const found = await findTarProblem(path);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});

function tarEnd(): number {
  const first = Number.parseInt(tar.toString("latin1", 124, 135), 8);
  return 512 + Math.ceil(first / 512) * 512;
}

function overwritten(): Buffer {
  const copy = Buffer.from(tar);
  copy.fill(0x41, tarEnd(), tarEnd() + 512);
  return copy;
}

async function* chunked(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let here = 0; here < bytes.length; here += size) yield bytes.subarray(here, here + size);
}

async function guarded(text: string, size: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of guardDump(chunked(text, size))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const dump = [
  "-- PostgreSQL database dump",
  "\\restrict abc",
  "CREATE TABLE a (t text);",
  "COPY a (t) FROM stdin;",
  "\\N",
  "\\restrict data that looks like a guard",
  "\\\\.",
  "\\.",
  "ALTER TABLE a OWNER TO app;",
  "-- PostgreSQL database dump complete",
  "\\unrestrict abc",
  "",
].join("\n");

test.each([1, 2, 3, 7, 64, 4096])(
  "guardDump() in chunks of %i swaps the guard and keeps the rows",
  async (size) => {
    const [guard = "", ...lines] = (await guarded(dump, size)).split("\n");
    expect(guard).toMatch(/^\\restrict [0-9a-f]{48}$/);
    const kept = dump.split("\n").filter((line) => !/^\\(un)?restrict abc$/.test(line));
    expect(lines).toEqual(kept);
  },
);

test.each([1, 5, 4096])("readPlainDump() in chunks of %i tells rows from statements", async (size) => {
  expect(await readPlainDump(chunked(dump, size))).toMatchObject({ faults: [], needs: { roles: ["app"] } });
  expect((await readPlainDump(chunked(dump.replaceAll("\n", "\r\n"), size))).faults).toEqual([]);
});

test("readPlainDump() finds a dump cut within rows", async () => {
  const cut = dump.slice(0, dump.indexOf("\\\\.") + 2);
  const { faults } = await readPlainDump(chunked(cut, 8));
  expect(faults.map(({ sentence }) => sentence)).toEqual([
    "The dump is not whole: it ends within the rows of a table",
  ]);
});
