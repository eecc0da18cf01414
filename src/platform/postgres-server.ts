import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OutsideError } from "../core/errors.ts";
import type { PostgresTools } from "./postgres-tools.ts";
import { lastLines, mustSucceed, type Ran, type Shell, type ShellOptions } from "./shell.ts";

/** Who a statement is run as: the owner of the server, or the restoring role that has no rights over the machine. */
export type DatabaseUser = "sluice_admin" | "sluice_restore";

export interface PostgresServer {
  /** A folder of ours that goes with the server. */
  readonly folder: string;
  /** Arguments and environment with which a client program reaches the server. */
  readonly connection: (user: DatabaseUser, database: string) => Connection;
  /** Runs statements and returns their rows as text, one a line. */
  readonly query: (user: DatabaseUser, database: string, statements: string) => Promise<string>;
}

export interface Connection {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ServerRequest {
  readonly tools: PostgresTools;
  readonly shell: Shell;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts a PostgreSQL that only its own socket leads to, and ends and removes it whatever happens in the body. */
export async function withServer<T>(
  request: ServerRequest,
  body: (server: PostgresServer) => Promise<T>,
): Promise<T> {
  const user = await serverUser();
  const folder = await makeFolder(request.env, user);
  try {
    const options: ShellOptions = {
      cwd: folder,
      env: childEnv(request.env, {}),
      ...(user === undefined ? {} : { user }),
    };
    const data = join(folder, "data");
    await mustSucceed(request.shell, request.tools.initdb, [...initArgs, "-D", data], options);
    const running = start(request, { data, sockets: folder, options });
    try {
      await running.ready;
      return await body(clientOf(request, folder));
    } finally {
      await running.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const initArgs = [
  ["--username", "sluice_admin"],
  ["--auth", "trust"],
  ["--encoding", "UTF8"],
  ["--locale", "C"],
  ["--no-sync"],
].flat();

/** Nothing of it must outlive a crash, so nothing waits for the disk. */
const settings = [
  "listen_addresses=",
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "autovacuum=off",
  "max_wal_size=4GB",
  "maintenance_work_mem=256MB",
  "max_locks_per_transaction=512",
  "logging_collector=off",
];

interface Start {
  readonly data: string;
  readonly sockets: string;
  readonly options: ShellOptions;
}

function start({ tools, shell, signal }: ServerRequest, { data, sockets, options }: Start) {
  const ending = new AbortController();
  const args = [...settings, `unix_socket_directories=${sockets}`].flatMap((one) => ["-c", one]);
  let running: Promise<Ran> | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    running = shell(tools.postgres, ["-D", data, ...args], {
      ...options,
      // The interrupt that an abort sends is PostgreSQL's fast shutdown.
      signal: AbortSignal.any([signal, ending.signal]),
      keepCharacters: 1024 * 1024,
      onLine: (line) => {
        if (line.includes("ready to accept connections")) resolve();
      },
    });
    running.then(
      (ran) => reject(new OutsideError(`postgres did not start: ${lastLines(ran.stderr)}`)),
      (error: unknown) => reject(error),
    );
  });
  const stop = async () => {
    ending.abort();
    await running?.catch(() => undefined);
  };
  return { ready, stop };
}

function clientOf({ tools, shell, env }: ServerRequest, folder: string): PostgresServer {
  const connection = (user: DatabaseUser, database: string): Connection => ({
    args: ["--host", folder, "--username", user, "--no-password", "--dbname", database],
    // Settings that the dump may have left on the database must not lead our own queries astray.
    env: childEnv(env, user === "sluice_admin" ? { PGOPTIONS: "-c search_path=pg_catalog" } : {}),
  });
  const query = async (user: DatabaseUser, database: string, statements: string) => {
    const { args, env: clean } = connection(user, database);
    const flags = ["-X", "-q", "-A", "-t", "--set=ON_ERROR_STOP=1", "--file=-"];
    return mustSucceed(shell, tools.psql, [...flags, ...args], { env: clean, stdin: statements });
  };
  return { folder, connection, query };
}

/** The environment of this process is full of secrets, which what a dump may run has no business with. */
function childEnv(
  env: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string | undefined>> {
  const dropped = Object.fromEntries(
    [...new Set([...Object.keys(process.env), ...Object.keys(env)])].map((name) => [name, undefined]),
  );
  const { PATH = process.env.PATH, LD_LIBRARY_PATH } = env;
  return { ...dropped, PATH, LD_LIBRARY_PATH, LC_ALL: "C", TZ: "UTC", ...more };
}

interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses root: as root its server runs as `postgres`, or as `nobody` where there is none. */
async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readFile("/etc/passwd", "utf8").catch(() => "");
  for (const name of ["postgres", "nobody"]) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, "m").exec(accounts) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new OutsideError("postgres could not be started: it refuses root, and there is no user nobody");
}

/** Longest path of a folder in which PostgreSQL can make its socket. */
const longestSocketFolder = 90;

async function makeFolder(env: ServerRequest["env"], user: ServerUser | undefined): Promise<string> {
  const wanted = join(env.RUNNER_TEMP ?? tmpdir(), "sluice");
  const mayUse =
    wanted.length <= longestSocketFolder - 20 && (user === undefined || (await isOpenTo(wanted)));
  const base = mayUse ? wanted : tmpdir();
  await mkdir(base, { recursive: true });
  const folder = await mkdtemp(join(base, "pg-"));
  await chmod(folder, 0o700);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

/** Whether another user may pass through every folder on the way. */
async function isOpenTo(path: string): Promise<boolean> {
  const seen = await stat(path).catch(() => undefined);
  if (seen !== undefined && (seen.mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenTo(dirname(path));
}
