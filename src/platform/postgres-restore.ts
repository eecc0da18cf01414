import { isRecord, listAt, numberAt, textAt } from "../core/json.ts";
import type { TableRows } from "../domain/backup/baseline.ts";
import type { DumpExtension, DumpNeeds } from "../domain/backup/dump-needs.ts";
import { guardDump } from "./plain-dump-stream.ts";
import type { PostgresServer } from "./postgres-server.ts";
import type { PostgresTools } from "./postgres-tools.ts";
import type { Ran, Shell } from "./shell.ts";

/** The database that dumps are restored into. */
export const restoredDatabase = "restored";

const ownRoles = new Set(["sluice_admin", "sluice_restore", "sluice_all"]);

/**
 * Makes the empty database and stands in for the roles a dump names. The restoring role owns the database and is
 * a member of every such role, but is no superuser: a dump's SQL could run programs on the machine otherwise.
 */
export async function prepareDatabase(
  server: PostgresServer,
  needs: DumpNeeds,
  isSuperuser: boolean,
): Promise<void> {
  const roles = needs.roles.filter((role) => !ownRoles.has(role));
  await server.query(
    "sluice_admin",
    "postgres",
    [
      "CREATE ROLE sluice_all;",
      `CREATE ROLE sluice_restore LOGIN${isSuperuser ? " SUPERUSER" : ""};`,
      ...roles.map((role) => `CREATE ROLE ${quoteName(role)};`),
      ...roles.map(
        (role) => `GRANT ${quoteName(role)} TO sluice_restore; GRANT sluice_all TO ${quoteName(role)};`,
      ),
      `CREATE DATABASE ${restoredDatabase} OWNER sluice_restore TEMPLATE template0;`,
      `GRANT ALL ON DATABASE ${restoredDatabase} TO sluice_all;`,
    ].join("\n"),
  );
  await server.query("sluice_admin", restoredDatabase, openSchemas);
}

/** A role may own a table only where it may create one, and what may create is not in every dump. */
const openSchemas = `
ALTER SCHEMA public OWNER TO sluice_restore;
GRANT ALL ON SCHEMA public TO sluice_all;
UPDATE pg_extension SET extowner = (SELECT oid FROM pg_roles WHERE rolname = 'sluice_restore');
CREATE SCHEMA sluice_admin;
CREATE FUNCTION sluice_admin.open_schema() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
DECLARE made record;
BEGIN
  FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands() LOOP
    EXECUTE format('GRANT ALL ON SCHEMA %s TO sluice_all', made.object_identity);
  END LOOP;
END $$;
CREATE EVENT TRIGGER sluice_open_schema ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA')
  EXECUTE FUNCTION sluice_admin.open_schema();
`;

/** Makes the extensions that only a superuser may make; returns why one of them cannot be had here. */
export async function prepareExtensions(
  server: PostgresServer,
  extensions: readonly DumpExtension[],
): Promise<string | undefined> {
  for (const { name, schema } of extensions) {
    const known = await server.query(
      "sluice_admin",
      restoredDatabase,
      `SELECT bool_or(trusted OR name = 'plpgsql') FROM pg_available_extension_versions WHERE name = ${quoteText(name)};`,
    );
    if (known.trim() === "")
      return `The dump needs the extension ${name}, which PostgreSQL on this runner does not have`;
    if (known.trim() === "t") continue;
    if (schema !== "public") {
      return `The dump makes the extension ${name} in the schema ${schema}, which only a superuser may do here`;
    }
    await server.query(
      "sluice_admin",
      restoredDatabase,
      [
        `CREATE EXTENSION IF NOT EXISTS ${quoteName(name)} SCHEMA public CASCADE;`,
        "UPDATE pg_extension SET extowner = (SELECT oid FROM pg_roles WHERE rolname = 'sluice_restore');",
      ].join("\n"),
    );
  }
  return undefined;
}

export interface RestoreRequest {
  readonly tools: PostgresTools;
  readonly shell: Shell;
  readonly server: PostgresServer;
  readonly timeoutMs: number;
}

/** The schema of an archive as SQL, which also decodes its table of contents. */
export function readArchiveSchema(
  { tools, shell, timeoutMs }: Omit<RestoreRequest, "server">,
  path: string,
): Promise<Ran> {
  return shell(tools.pgRestore, ["--schema-only", "--file", "-", path], { timeoutMs, env: { LC_ALL: "C" } });
}

/** Restores a custom, tar or directory dump; its first error ends it. */
export function restoreArchive(
  { tools, shell, server, timeoutMs }: RestoreRequest,
  path: string,
): Promise<Ran> {
  const { args, env } = server.connection("sluice_restore", restoredDatabase);
  return shell(tools.pgRestore, ["--exit-on-error", ...args, path], { env, timeoutMs });
}

/** Restores a plain dump under psql's guard; its first error ends it. */
export async function restorePlain(
  { tools, shell, server, timeoutMs }: RestoreRequest,
  source: AsyncIterable<Buffer>,
): Promise<Ran> {
  const { args, env } = server.connection("sluice_restore", restoredDatabase);
  let broken: unknown;
  async function* watched() {
    try {
      yield* guardDump(source);
    } catch (error) {
      broken = error;
      throw error;
    }
  }
  const flags = ["-X", "-q", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"];
  const ran = await shell(tools.psql, [...flags, ...args], { env, timeoutMs, stdin: watched() });
  // psql takes a source that breaks for the end of its input and would report success.
  if (broken !== undefined && ran.exitCode === 0) throw broken;
  return ran;
}

const listTables = `
SELECT coalesce(json_agg(json_build_object('schema', n.nspname, 'table', c.relname, 'kind', c.relkind,
  'populated', c.relispopulated) ORDER BY n.nspname, c.relname), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');
`;

const countedAtOnce = 500;

/** Every table of the restored database with its exact number of rows; those of extensions are left out. */
export async function countRows(server: PostgresServer): Promise<readonly TableRows[]> {
  const listed: unknown = JSON.parse(await server.query("sluice_admin", restoredDatabase, listTables));
  const tables = listAt(listed).filter(isRecord);
  const counted: TableRows[] = [];
  for (let from = 0; from < tables.length; from += countedAtOnce) {
    const some = tables.slice(from, from + countedAtOnce);
    const counts: unknown = JSON.parse(
      await server.query("sluice_admin", restoredDatabase, countStatement(some)),
    );
    for (const [index, table] of some.entries()) {
      const name = `${textAt(table, "schema")}.${textAt(table, "table")}`;
      counted.push({ name, rows: numberAt(counts, index) ?? Number.NaN, isParent: table.kind !== "r" });
    }
  }
  return counted;
}

function countStatement(tables: readonly Readonly<Record<string, unknown>>[]): string {
  const selects = tables.map((table, index) => {
    const name = `${quoteName(textAt(table, "schema") ?? "")}.${quoteName(textAt(table, "table") ?? "")}`;
    // A view that was never filled cannot be asked; it has no rows to lose.
    return table.populated === true
      ? `SELECT ${index} AS i, count(*) AS n FROM ${name}`
      : `SELECT ${index}, 0`;
  });
  return `SELECT json_agg(n ORDER BY i) FROM (SELECT 0 AS i, 0 AS n WHERE false UNION ALL ${selects.join(" UNION ALL ")}) t;`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
