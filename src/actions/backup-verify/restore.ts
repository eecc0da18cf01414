import { CancelledError } from "../../core/errors.ts";
import type { TableRows } from "../../domain/backup/baseline.ts";
import { type DumpNeeds, needsOf } from "../../domain/backup/dump-needs.ts";
import type { Fault } from "../../domain/backup/fault.ts";
import { canRestrict, majorOf, tooOld } from "../../domain/backup/postgres-version.ts";
import type { ActionContext } from "../../platform/action.ts";
import { type BackupFile, decompressTo, readBytes } from "../../platform/dump-file.ts";
import {
  countRows,
  prepareDatabase,
  prepareExtensions,
  readArchiveSchema,
  restoreArchive,
  restorePlain,
} from "../../platform/postgres-restore.ts";
import { type PostgresServer, withServer } from "../../platform/postgres-server.ts";
import type { PostgresTools } from "../../platform/postgres-tools.ts";
import { describeFailure, type Ran } from "../../platform/shell.ts";
import type { InspectedDump } from "./inspect.ts";

export interface RestoreOutcome {
  readonly faults: readonly Fault[];
  readonly gaps: readonly string[];
  /** From the start of the server to the end of the restore; undefined when nothing was restored. */
  readonly restoreMs?: number;
  readonly tables?: readonly TableRows[];
  readonly roles?: readonly string[];
}

export interface RestoreTask {
  readonly file: BackupFile;
  readonly dump: InspectedDump;
  readonly tools: PostgresTools;
  readonly allowSuperuser: boolean;
  /** Milliseconds left of the time limit. */
  readonly leftMs: () => number;
}

/** Restores the dump into a server of its own and counts what arrived. */
export async function restore(task: RestoreTask, context: ActionContext): Promise<RestoreOutcome> {
  const refusal = refusalOf(task);
  if (refusal !== undefined) return gap(refusal);
  const { shell, signal, runner } = context;
  const startedMs = performance.now();
  const outcome = await withServer({ tools: task.tools, shell, signal, env: runner.env }, (server) =>
    restoreInto(server, task, { context, startedMs }),
  );
  if (signal.aborted) throw new CancelledError("The backup check was cancelled");
  return outcome;
}

/** Why these tools must not or cannot be used on this dump. */
function refusalOf({ dump, tools }: RestoreTask): string | undefined {
  const server = dump.header?.serverVersion ?? dump.plain?.serverVersion;
  const maker = dump.header?.dumpVersion ?? dump.plain?.dumpVersion;
  if (dump.format === "plain" && !canRestrict(tools.psqlVersion)) {
    return `psql ${tools.psqlVersion} cannot keep a plain dump from running programs: update it to its latest minor release`;
  }
  const made = {
    ...(server === undefined ? {} : { server }),
    ...(maker === undefined ? {} : { dump: maker }),
  };
  return tooOld(made, majorOf(tools.version) ?? Number.POSITIVE_INFINITY);
}

interface Round {
  readonly context: ActionContext;
  readonly startedMs: number;
}

async function restoreInto(
  server: PostgresServer,
  task: RestoreTask,
  { context, startedMs }: Round,
): Promise<RestoreOutcome> {
  const { dump, tools, leftMs } = task;
  const request = { tools, shell: context.shell, server, timeoutMs: leftMs() };
  const path = await readyArchive(server, task);
  const needs = await needsOfDump(dump, () => readArchiveSchema(request, path));
  if ("ran" in needs) return failed("pg_restore", needs.ran);
  await prepareDatabase(server, needs, task.allowSuperuser);
  const missing = task.allowSuperuser ? undefined : await prepareExtensions(server, needs.extensions);
  if (missing !== undefined) return gap(missing);

  const again = { ...request, timeoutMs: leftMs() };
  const ran =
    dump.format === "plain"
      ? await restorePlain(again, readBytes(path, dump.compression))
      : await restoreArchive(again, path);
  const restoreMs = performance.now() - startedMs;
  if (ran.exitCode !== 0 || ran.timedOut) return failed(dump.format === "plain" ? "psql" : "pg_restore", ran);
  const tables = await countRows(server);
  const faults: readonly Fault[] =
    tables.length > 0
      ? []
      : [{ id: "nothing-restored", sentence: "The restore reported success, but no table arrived" }];
  return { faults, gaps: [], restoreMs, tables, roles: needs.roles };
}

/** A compressed archive is unpacked first: pg_restore must be able to jump about in it. */
async function readyArchive(server: PostgresServer, { file, dump }: RestoreTask): Promise<string> {
  if (dump.format === "plain" || dump.compression === undefined) return file.path;
  const unpacked = `${server.folder}/backup.dump`;
  await decompressTo(file.path, dump.compression, unpacked);
  return unpacked;
}

async function needsOfDump(
  dump: InspectedDump,
  readSchema: () => Promise<Ran>,
): Promise<DumpNeeds | { ran: Ran }> {
  if (dump.plain !== undefined) return dump.plain.needs;
  const ran = await readSchema();
  return ran.exitCode === 0 && !ran.timedOut ? needsOf(ran.stdout) : { ran };
}

const lackOfRights =
  /permission denied|must be superuser|must be (?:owner|member) of|Only superusers|must be able to SET ROLE/i;

function failed(program: string, ran: Ran): RestoreOutcome {
  if (ran.cancelled) throw new CancelledError("The backup check was cancelled");
  const sentence = describeFailure(program, [], ran);
  if (ran.timedOut) {
    return faulty({
      id: "time-limit",
      sentence: `The backup was not restored within the time limit: ${sentence}`,
    });
  }
  if (lackOfRights.test(ran.stderr)) {
    return gap(`The backup wants rights that the restore does not give (see allow-superuser): ${sentence}`);
  }
  return faulty({ id: "restore", sentence: `The backup cannot be restored: ${sentence}` });
}

function faulty(fault: Fault): RestoreOutcome {
  return { faults: [fault], gaps: [] };
}

function gap(sentence: string): RestoreOutcome {
  return { faults: [], gaps: [sentence] };
}
