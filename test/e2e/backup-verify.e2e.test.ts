import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInputs } from "../../src/actions/backup-verify/inputs.ts";
import { backupVerify } from "../../src/actions/backup-verify/run.ts";
import { runAction } from "../../src/platform/action.ts";
import { type PostgresServer, withServer } from "../../src/platform/postgres-server.ts";
import { findPostgres, type PostgresTools } from "../../src/platform/postgres-tools.ts";
import { mustSucceed, shell } from "../../src/platform/shell.ts";
import { type FakeRunner, fakeRunner } from "../fakes/fake-runner.ts";

const request = { runner: { env: process.env, info: () => undefined }, shell };
const tools: PostgresTools | undefined = await findPostgres(request).catch(() => undefined);
const why = tools === undefined ? " (skipped: PostgreSQL is not installed here)" : "";
const place = mkdtempSync(join(tmpdir(), "sluice-lab-"));
const path = (name: string) => join(place, name);

async function run(inputs: Readonly<Record<string, string>>): Promise<FakeRunner> {
  const runner = fakeRunner("backup-verify", { "max-age": "26h", ...inputs });
  await runAction("backup-verify", runner, (context) => backupVerify(readInputs(runner), context, Date.now));
  return runner;
}

const seed = `
CREATE ROLE keeper SUPERUSER; CREATE ROLE app; CREATE ROLE reporting; CREATE ROLE "Odd Role";
CREATE DATABASE source;
\\connect source
SET ROLE keeper; SET search_path = public;
CREATE EXTENSION pgcrypto;
CREATE SCHEMA shop AUTHORIZATION app;
CREATE TABLE shop.customers (id serial PRIMARY KEY, name text NOT NULL, secret bytea DEFAULT gen_random_bytes(8));
CREATE TABLE shop.orders (id bigserial, customer int REFERENCES shop.customers, at timestamptz, note text,
  PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE shop.orders_old PARTITION OF shop.orders FOR VALUES FROM ('2000-01-01') TO ('2026-01-01');
CREATE TABLE shop.orders_new PARTITION OF shop.orders FOR VALUES FROM ('2026-01-01') TO ('2100-01-01');
CREATE TABLE public.audit (id int, line text);
CREATE TABLE public.nothing_yet (id int);
CREATE MATERIALIZED VIEW shop.per_customer AS SELECT customer, count(*) FROM shop.orders GROUP BY 1;
CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
INSERT INTO shop.customers (name) SELECT E'n\\t😀 \\\\ ' || i FROM generate_series(1, 1000) i;
INSERT INTO shop.orders (customer, at, note)
  SELECT 1 + i % 1000, timestamp '2025-06-01' + i * interval '1 hour', md5(i::text) FROM generate_series(1, 9000) i;
INSERT INTO public.audit SELECT i, CASE WHEN i % 7 > 0 THEN E'\\\\. line' END FROM generate_series(1, 300) i;
REFRESH MATERIALIZED VIEW shop.per_customer;
SELECT lo_from_bytea(0, 'a large object');
ALTER TABLE shop.customers OWNER TO app; ALTER TABLE shop.orders OWNER TO "Odd Role";
ALTER MATERIALIZED VIEW shop.per_customer OWNER TO reporting;
GRANT USAGE ON SCHEMA shop TO reporting; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reporting;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA shop GRANT SELECT ON TABLES TO reporting;
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON shop.customers FOR SELECT TO reporting, app USING (true);
`;

/** Content that a dump run gone wrong would have left out; each is a database of its own. */
const losses: Readonly<Record<string, string>> = {
  emptied: "DELETE FROM public.audit;",
  collapsed: "DELETE FROM shop.orders WHERE id % 10 <> 0;",
  dropped: "DROP TABLE public.audit;",
  tripled: "INSERT INTO public.audit SELECT a.* FROM public.audit a, generate_series(1, 2);",
};

async function makeDumps(server: PostgresServer, found: PostgresTools): Promise<void> {
  const sql = (database: string, text: string) => server.query("sluice_admin", database, text);
  await sql("postgres", seed);
  const { args, env } = server.connection("sluice_admin", "postgres");
  const dump = (database: string, name: string, ...flags: string[]) => {
    const target = args.map((arg, index) => (args[index - 1] === "--dbname" ? database : arg));
    const program = join(dirname(found.psql), "pg_dump");
    return mustSucceed(shell, program, [...flags, "--file", path(name), ...target], { env });
  };
  await dump("source", "good.dump", "-Fc");
  await dump("source", "stored.dump", "-Fc", "-Z0");
  await dump("source", "good.sql");
  await dump("source", "inserts.sql", "--inserts");
  await dump("source", "clean.sql", "--clean", "--if-exists");
  await dump("source", "good.tar", "-Ft");
  await dump("source", "good.dir", "-Fd");
  await dump("source", "schema-only.sql", "--schema-only");
  await dump("source", "data-only.sql", "--data-only");
  await dump("source", "left-out.dump", "-Fc", "--exclude-table", "public.audit");
  await dump("postgres", "other-database.sql");
  for (const [name, change] of Object.entries(losses)) {
    await sql("postgres", `CREATE DATABASE ${name} TEMPLATE source;`);
    await sql(name, change);
    await dump(name, `${name}.dump`, "-Fc");
  }
}

const file = (name: string) => readFileSync(path(name));

function save(name: string, bytes: Uint8Array | string): string {
  writeFileSync(path(name), bytes);
  return path(name);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

/** A copy of the directory dump with its largest data file changed. */
function directoryWith(name: string, change: (data: string) => void): string {
  cpSync(path("good.dir"), path(name), { recursive: true });
  const files = readdirSync(path(name)).filter((one) => one !== "toc.dat");
  const [largest = ""] = files.toSorted((a, b) => file(join(name, b)).length - file(join(name, a)).length);
  change(join(path(name), largest));
  return path(name);
}

const statement = "SET statement_timeout = 0;";
const inserted = (text: string) => file("good.sql").toString().replace(statement, `${statement}\n${text}`);
const witness = path("witness");

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe.skipIf(tools === undefined)(`backup-verify on real dumps${why}`, () => {
  beforeAll(async () => {
    if (tools === undefined) return;
    const signal = new AbortController().signal;
    await withServer({ tools, shell, signal, env: process.env }, (server) => makeDumps(server, tools));
    const learning = await run({ backup: path("good.dump"), "learn-baseline": path("baseline.json") });
    expect(learning.outputs.verdict).toBe("inconclusive");
    const baseline = JSON.parse(file("baseline.json").toString());
    save("baseline.json", JSON.stringify({ ...baseline, "above-percent": 100 }));
  });

  test.each([
    { name: "custom", make: () => path("good.dump"), format: "custom" },
    { name: "custom, stored", make: () => path("stored.dump"), format: "custom" },
    {
      name: "custom in gzip",
      make: () => save("g.dump.gz", gzipSync(file("good.dump"))),
      format: "custom+gzip",
    },
    { name: "plain", make: () => path("good.sql"), format: "plain" },
    { name: "plain in gzip", make: () => save("g.sql.gz", gzipSync(file("good.sql"))), format: "plain+gzip" },
    {
      name: "plain in zstd",
      make: () => save("g.sql.zst", zstdCompressSync(file("good.sql"))),
      format: "plain+zstd",
    },
    { name: "plain with inserts", make: () => path("inserts.sql"), format: "plain" },
    { name: "plain with drops", make: () => path("clean.sql"), format: "plain" },
    { name: "tar", make: () => path("good.tar"), format: "tar" },
    { name: "directory", make: () => path("good.dir"), format: "directory" },
  ])("a good dump passes: $name", async ({ make, format }) => {
    const runner = await run({ backup: make(), baseline: path("baseline.json") });
    expect(runner.outputs).toMatchObject({ verdict: "pass", reasons: "[]", caught: "[]", format });
    expect(runner.outputs).toMatchObject({ tables: "7", rows: "10300" });
    expect(Number(runner.outputs["rto-seconds"])).toBeGreaterThan(0);
    expect(leftovers(runner)).toEqual([]);
  });

  test.each([
    {
      name: "custom cut in half",
      make: () => save("1", file("good.dump").subarray(0, file("good.dump").length / 2)),
    },
    { name: "custom without its last bytes", make: () => save("2", file("good.dump").subarray(0, -200)) },
    {
      name: "a flipped bit in compressed rows",
      make: () => save("3", flipped(file("good.dump"), (file("good.dump").length * 0.6) | 0)),
    },
    {
      name: "a zeroed block in stored rows",
      make: () => save("4", Buffer.from(file("stored.dump")).fill(0, 300_000, 304_096)),
    },
    { name: "a directory without a data file", make: () => directoryWith("d1", (data) => rmSync(data)) },
    {
      name: "a directory with a flipped bit",
      make: () => directoryWith("d2", (data) => writeFileSync(data, flipped(readFileSync(data), 2000))),
    },
    {
      name: "a directory with a cut data file",
      make: () => directoryWith("d3", (data) => writeFileSync(data, readFileSync(data).subarray(0, 3000))),
    },
    {
      name: "the dump twice in one file",
      make: () => save("5.gz", Buffer.concat([gzipSync(file("good.sql")), gzipSync(file("good.sql"))])),
    },
    { name: "data only", make: () => path("data-only.sql") },
    {
      name: "invalid UTF-8 in a row",
      make: () =>
        save("6.sql", Buffer.from(file("good.sql").toString("latin1").replace("n\\t", "n\\t\xff"), "latin1")),
    },
    { name: "an error in a statement", make: () => save("7.sql", inserted("SELECT broken;")) },
    {
      name: "psql's shell escape within a line",
      make: () => save("8.sql", inserted(`SELECT 1 \\! touch ${witness}`)),
    },
    {
      name: "psql's shell escape behind text that looks like rows",
      make: () => save("9.sql", inserted(`SELECT '\nCOPY a FROM stdin;\n';\n\\! touch ${witness}\n\\.`)),
    },
    { name: "psql's pipe", make: () => save("10.sql", inserted(`SELECT 1 \\g | touch ${witness}`)) },
  ])("restoring says no: $name", async ({ make }) => {
    const runner = await run({ backup: make(), baseline: path("baseline.json") });
    expect(runner.outputs).toMatchObject({ verdict: "fail", caught: '["restore"]' });
    expect(existsSync(witness)).toBe(false);
    expect(leftovers(runner)).toEqual([]);
  });

  test.each([
    { name: "an emptied table", backup: "emptied.dump", caught: ["rows-below"] },
    { name: "a collapsed table", backup: "collapsed.dump", caught: ["rows-below"] },
    { name: "a table that is gone", backup: "dropped.dump", caught: ["table-missing"] },
    { name: "a table left out of the dump", backup: "left-out.dump", caught: ["table-missing"] },
    { name: "a table with too many rows", backup: "tripled.dump", caught: ["rows-above"] },
    { name: "the schema without its rows", backup: "schema-only.sql", caught: ["rows-below"] },
    { name: "another database", backup: "other-database.sql", caught: ["nothing-restored", "table-missing"] },
  ])("comparing says no: $name", async ({ backup, caught }) => {
    const runner = await run({ backup: path(backup), baseline: path("baseline.json") });
    expect(runner.outputs).toMatchObject({ verdict: "fail", caught: JSON.stringify(caught) });
  });

  test("a dump's SQL may not run programs on the machine", async () => {
    const backup = save("program.sql", inserted(`COPY (SELECT 1) TO PROGRAM 'touch ${witness}';`));
    const runner = await run({ backup, baseline: path("baseline.json") });
    expect(runner.outputs.verdict).toBe("inconclusive");
    expect(runner.failure()).toMatch(/to COPY to or from an external program/);
    expect(existsSync(witness)).toBe(false);
  });

  test("a dump that needs all rights gets them only when they are given", async () => {
    const backup = save("rights.sql", inserted("ALTER SYSTEM SET work_mem = '8MB';"));
    const without = await run({ backup, baseline: path("baseline.json") });
    expect(without.outputs.verdict).toBe("inconclusive");
    expect(without.failure()).toContain("allow-superuser");
    const given = await run({ backup, baseline: path("baseline.json"), "allow-superuser": "true" });
    expect(given.outputs.verdict).toBe("pass");
  });

  test.each([
    {
      name: "an extension that is not installed",
      sql: "CREATE EXTENSION IF NOT EXISTS postgis_of_another;",
      says: "needs the extension postgis_of_another",
    },
    { name: "a newer PostgreSQL", sql: "-- Dumped by pg_dump version 99.1", says: "by pg_dump 99.1" },
  ])("what this runner cannot restore is inconclusive: $name", async ({ sql, says }) => {
    const text = file("good.sql")
      .toString()
      .replace(/-- Dumped by .*\n/, "");
    const backup = save("gap.sql", text.replace(statement, `${sql}\n${statement}`));
    const runner = await run({ backup, baseline: path("baseline.json") });
    expect(runner.outputs).toMatchObject({ verdict: "inconclusive", caught: "[]" });
    expect(runner.failure()).toContain(says);
  });

  test("a restore that takes too long fails and leaves nothing behind", async () => {
    const backup = save("sleep.sql", inserted("SELECT pg_sleep(60);"));
    const runner = await run({ backup, "time-limit": "5s" });
    expect(runner.outputs).toMatchObject({ verdict: "fail", caught: '["time-limit"]' });
    expect(leftovers(runner)).toEqual([]);
    const slow = await run({ backup: path("good.dump"), baseline: path("baseline.json"), rto: "1ms" });
    expect(slow.outputs.caught).toBe('["rto"]');
  });
});

/** What stays of servers in the runner's temporary folder. */
function leftovers(runner: FakeRunner): readonly string[] {
  const folder = join(runner.env.RUNNER_TEMP ?? "", "sluice");
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).filter((name) => name.startsWith("pg-"));
}
