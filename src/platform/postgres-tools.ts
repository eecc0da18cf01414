import { access, constants, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mustSucceed } from "./shell.ts";
import { findTool, type ToolRequest } from "./tools.ts";

/** The programs of one PostgreSQL installation. */
export interface PostgresTools {
  readonly initdb: string;
  readonly postgres: string;
  readonly psql: string;
  readonly pgRestore: string;
  /** Such as `15.18`. */
  readonly version: string;
  readonly psqlVersion: string;
}

/** Finds server and client programs, of the same installation where it has both. */
export async function findPostgres(request: ToolRequest): Promise<PostgresTools> {
  const initdb = await findTool("initdb", request);
  const folder = dirname(await realpath(initdb));
  // Debian's psql on PATH is a script that looks for a server of its own; the one beside the server is the program.
  const beside = async (name: "postgres" | "psql" | "pg_restore") => {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    return isThere ? path : findTool(name, request);
  };
  const [postgres, psql, pgRestore] = await Promise.all([
    beside("postgres"),
    beside("psql"),
    beside("pg_restore"),
  ]);
  const versionOf = async (program: string) => {
    const text = await mustSucceed(request.shell, program, ["--version"], { timeoutMs: 20_000 });
    return /\d+(?:\.\d+)?/.exec(text)?.[0] ?? text.trim();
  };
  const [version, psqlVersion] = await Promise.all([versionOf(postgres), versionOf(psql)]);
  return { initdb, postgres, psql, pgRestore, version, psqlVersion };
}
