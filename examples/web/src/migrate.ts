import pg from "pg";
import { readConfig, readFaultsFile } from "./config.ts";

/** Each entry is applied once, in order. An entry that has been released is never changed. */
const migrations: readonly string[] = [
  `create table orders (
     id bigint generated always as identity primary key,
     item text not null,
     quantity integer not null check (quantity > 0),
     created_at timestamptz not null default now()
   )`,
  "create index orders_created_at on orders (created_at)",
];

// Any number will do as long as no other program of this database takes the same lock.
const lock = 727_401;

const { databaseUrl, faults } = readConfig(process.env, readFaultsFile());
const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 });
try {
  if (faults.failMigration) throw new Error("told to fail by a fault switch");
  await client.connect();
  const applied = await migrate(client);
  console.log(`schema level ${migrations.length}: ${applied} migrations applied`);
} catch (error) {
  console.error(`migration failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await client.end().catch(() => undefined);
}

/** All or nothing, and one at a time: two releases may migrate at once. */
async function migrate(database: pg.Client): Promise<number> {
  await database.query("begin");
  await database.query("select pg_advisory_xact_lock($1)", [lock]);
  await database.query(
    "create table if not exists schema_level (level integer primary key, applied_at timestamptz not null default now())",
  );
  const { rows } = await database.query<{ level: number }>(
    "select coalesce(max(level), 0)::integer as level from schema_level",
  );
  const level = rows[0]?.level ?? 0;
  for (const [offset, statement] of migrations.slice(level).entries()) {
    await database.query(statement);
    await database.query("insert into schema_level (level) values ($1)", [level + offset + 1]);
  }
  await database.query("commit");
  return Math.max(0, migrations.length - level);
}
