import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/backup-verify/inputs.ts";
import { backupVerify } from "../../../src/actions/backup-verify/run.ts";
import { runAction } from "../../../src/platform/action.ts";
import { type FakeRunner, fakeRunner } from "../../fakes/fake-runner.ts";

const fixtures = new URL("../../fixtures/backup/", import.meta.url);
const custom = readFileSync(new URL("tiny.dump", fixtures));
const plain = readFileSync(new URL("tiny.sql", fixtures));
const tar = readFileSync(new URL("tiny.tar", fixtures));

async function run(inputs: Readonly<Record<string, string>>): Promise<FakeRunner> {
  const runner = fakeRunner("backup-verify", inputs);
  await runAction("backup-verify", runner, (context) => backupVerify(readInputs(runner), context, Date.now));
  return runner;
}

function fileOf(name: string, bytes: Uint8Array | string): string {
  const path = join(mkdtempSync(join(tmpdir(), "sluice-backup-")), name);
  writeFileSync(path, bytes);
  return path;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

const gz = gzipSync(plain);
const text = plain.toString();

// Faults that the bytes alone give away: no server is started for them.
test.each([
  { name: "a file of no bytes", file: "a.dump", bytes: "", caught: "empty" },
  { name: "gzip of nothing", file: "a.sql.gz", bytes: gzipSync(""), caught: "empty" },
  { name: "gzip cut in half", file: "a.sql.gz", bytes: gz.subarray(0, gz.length / 2), caught: "compression" },
  { name: "gzip without its trailer", file: "a.sql.gz", bytes: gz.subarray(0, -8), caught: "compression" },
  {
    name: "gzip with a flipped bit",
    file: "a.sql.gz",
    bytes: flipped(gz, gz.length >> 1),
    caught: "compression",
  },
  { name: "gzip with a damaged magic", file: "a.sql.gz", bytes: flipped(gz, 0), caught: "name" },
  { name: "a name that lies", file: "a.sql.gz", bytes: plain, caught: "name" },
  {
    name: "gzip of an error message",
    file: "a.sql.gz",
    bytes: gzipSync("pg_dump: error: no"),
    caught: "format",
  },
  {
    name: "an encrypted blob",
    file: "a.dump",
    bytes: createHash("sha512").update("x").digest(),
    caught: "format",
  },
  { name: "a custom dump with a damaged magic", file: "a.dump", bytes: flipped(custom, 0), caught: "format" },
  {
    name: "a custom dump after line-end conversion",
    file: "a.dump",
    bytes: Buffer.from(custom.toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
    caught: "header",
  },
  {
    name: "a custom dump cut in its header",
    file: "a.dump",
    bytes: custom.subarray(0, 40),
    caught: "header",
  },
  { name: "a plain dump without its end", file: "a.sql", bytes: text.slice(0, -100), caught: "truncated" },
  {
    name: "a plain dump cut within rows",
    file: "a.sql",
    bytes: text.slice(0, text.indexOf("item 20")),
    caught: "truncated",
  },
  {
    name: "a tar dump cut in half",
    file: "a.tar",
    bytes: tar.subarray(0, tar.length / 2),
    caught: "truncated",
  },
  {
    name: "a psql command in a plain dump",
    file: "a.sql",
    bytes: text.replace("SET statement_timeout", "\\! touch /tmp/never\nSET statement_timeout"),
    caught: "command",
  },
])("backup-verify fails on $name", async ({ file, bytes, caught }) => {
  const runner = await run({ backup: fileOf(file, bytes) });
  expect(runner.outputs).toMatchObject({
    verdict: "fail",
    caught: JSON.stringify([caught]),
    tables: "",
    rows: "",
  });
  expect(runner.failure()).toMatch(/^fail: /);
});

test("backup-verify fails on another checksum, stated or from a file", async () => {
  const backup = fileOf("a.dump", custom);
  const sum = createHash("sha256").update(plain).digest("hex");
  const stated = await run({ backup, checksum: sum });
  expect(stated.outputs).toMatchObject({ verdict: "fail", caught: '["checksum"]' });
  const listed = await run({ backup, checksum: fileOf("SHA256SUMS", `${sum}  a.dump\n`) });
  expect(listed.outputs.reasons).toContain(`expected ${sum}`);
});

test("backup-verify adds the age to what else is wrong", async () => {
  const backup = fileOf("a.dump", "");
  utimesSync(backup, new Date(0), new Date(0));
  const runner = await run({ backup, "max-age": "26h" });
  expect(runner.outputs.caught).toBe('["empty","age"]');
  expect(Number(runner.outputs["rpo-seconds"])).toBeGreaterThan(1e9);
});

test("backup-verify fails on a folder without its table of contents", async () => {
  const backup = join(mkdtempSync(join(tmpdir(), "sluice-backup-")), "dir");
  mkdirSync(backup);
  expect((await run({ backup })).outputs).toMatchObject({ verdict: "fail", caught: '["format"]' });
});

test.each([
  {
    name: "a dump of a whole server",
    bytes: "--\n-- PostgreSQL database cluster dump\n--\n",
    says: "pg_dumpall",
  },
  {
    name: "a dump made with --create",
    bytes: text.replace("SET statement", "\\connect a\nSET statement"),
    says: "--create",
  },
  { name: "a dump compressed twice", bytes: gzipSync(gz), says: "compressed twice" },
])("backup-verify is inconclusive on $name", async ({ bytes, says }) => {
  const runner = await run({ backup: fileOf("a.sql", bytes) });
  expect(runner.outputs).toMatchObject({ verdict: "inconclusive", caught: "[]" });
  expect(runner.failure()).toContain(says);
  const warned = await run({ backup: fileOf("a.sql", bytes), "on-inconclusive": "warn" });
  expect(warned.failure()).toBeUndefined();
});

test.each([
  { given: { backup: "" }, says: 'Input "backup" is required: got nothing' },
  {
    given: { backup: "none/*.dump" },
    says: 'Input "backup" must name a backup: nothing matches "none/*.dump"',
  },
  {
    given: { backup: "s3://bucket/a?sig=secret" },
    says: 'must be a path or glob on the runner: got "s3://bucket/a"',
  },
  { given: { checksum: "abc" }, says: 'Input "checksum" must name a file that can be read' },
  { given: { checksum: "<file>" }, says: 'Input "checksum" must name a file with the SHA-256 of a.dump' },
  { given: { baseline: "none.json" }, says: 'Input "baseline" must name a file that can be read' },
  { given: { baseline: "<file>" }, says: 'Input "baseline" must follow its format' },
  {
    given: { "learn-baseline": "<folder>" },
    says: 'Input "learn-baseline" must name a file that can be written',
  },
  { given: { "max-age": "old" }, says: 'Input "max-age" must be a duration' },
  { given: { rto: "2" }, says: 'Input "rto" must be a duration' },
  { given: { "time-limit": "0s" }, says: 'Input "time-limit" must be longer than 0s' },
  { given: { "allow-superuser": "yes" }, says: 'Input "allow-superuser" must be true or false: got "yes"' },
  { given: { "on-inconclusive": "pass" }, says: 'Input "on-inconclusive" must be one of fail, warn' },
])("backup-verify refuses $given", async ({ given, says }) => {
  const place = mkdtempSync(join(tmpdir(), "sluice-backup-"));
  cpSync(new URL("tiny.dump", fixtures), join(place, "a.dump"));
  writeFileSync(join(place, "file"), "nothing of use");
  const filled = Object.entries({ backup: join(place, "a.dump"), ...given }).map(([name, value]) => [
    name,
    value.replace("<file>", join(place, "file")).replace("<folder>", place),
  ]);
  const runner = await run(Object.fromEntries(filled));
  expect(runner.outputs.verdict).toBe("inconclusive");
  expect(runner.failure()).toContain(says);
  expect(runner.failure()).not.toContain("secret");
  expect(runner.said).toEqual([]);
});
