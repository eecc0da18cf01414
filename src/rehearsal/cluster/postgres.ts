import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { mustSucceed, shell } from "../../platform/shell.ts";
import { type Daemon, waitUntilReady } from "./daemon.ts";
import { nodeAddress, podCidr } from "./isolation.ts";
import type { Site } from "./site.ts";

export const environments = ["staging", "production"] as const;
export type Environment = (typeof environments)[number];

export interface Postgres {
  /** Address that pods and programs of the world reach alike. */
  readonly host: string;
  readonly port: number;
  /** Connection URL of each environment's own database and user. */
  readonly urls: Readonly<Record<Environment, string>>;
  /** Folder of initdb, postgres, pg_dump, pg_restore and psql. */
  readonly binaries: string;
}

const port = 5432;

/** PostgreSQL refuses to run as root; every machine has this user. */
const nobody = 65534;

/** Starts the database server with one database and one user per environment. */
export async function startPostgres(site: Site): Promise<{ daemon: Daemon; postgres: Postgres }> {
  const binaries = await findBinaries();
  const data = join(site.runFolder, "postgres");
  await makeDataFolder(data, binaries);
  const daemon = site.start("postgres", join(binaries, "postgres"), ["-D", data], { uid: nobody });
  const psql = (sql: string) =>
    shell(join(binaries, "psql"), [
      "-h",
      data,
      "-p",
      String(port),
      "-U",
      "owner",
      "-d",
      "postgres",
      "-c",
      sql,
    ]);
  await waitUntilReady(daemon, async () => (await psql("select 1")).exitCode === 0);
  const passwords = { staging: randomBytes(12).toString("hex"), production: randomBytes(12).toString("hex") };
  for (const name of environments) {
    await must(psql(`create role ${name} login password '${passwords[name]}'`));
    await must(psql(`create database ${name} owner ${name}`));
  }
  const url = (name: Environment) => `postgres://${name}:${passwords[name]}@${nodeAddress}:${port}/${name}`;
  const urls = { staging: url("staging"), production: url("production") };
  return { daemon, postgres: { host: nodeAddress, port, urls, binaries } };
}

async function must(ran: ReturnType<typeof shell>): Promise<void> {
  const { exitCode, stderr } = await ran;
  if (exitCode !== 0) throw new OutsideError(`psql exited with ${exitCode}: ${stderr.trim()}`);
}

async function findBinaries(): Promise<string> {
  const root = "/usr/lib/postgresql";
  const versions = await readdir(root).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new OutsideError(`PostgreSQL is not among the parts: ${root} is empty`);
  return join(root, newest, "bin");
}

async function makeDataFolder(data: string, binaries: string): Promise<void> {
  await mkdir(data);
  await chown(data, nobody, nobody);
  const initdb = ["-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  await mustSucceed(shell, "setpriv", [
    ...[`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"],
    ...[join(binaries, "initdb"), ...initdb],
  ]);
  const rules = [
    "local all owner trust",
    "host all all 127.0.0.1/32 scram-sha-256",
    `host all all ${nodeAddress}/32 scram-sha-256`,
    `host all all ${podCidr} scram-sha-256`,
  ];
  await writeFile(join(data, "pg_hba.conf"), `${rules.join("\n")}\n`);
  const settings = [
    `listen_addresses = '127.0.0.1,${nodeAddress}'`,
    `port = ${port}`,
    `unix_socket_directories = '${data}'`,
    "fsync = off",
    "shared_buffers = 32MB",
  ];
  await writeFile(join(data, "postgresql.auto.conf"), `${settings.join("\n")}\n`);
}
