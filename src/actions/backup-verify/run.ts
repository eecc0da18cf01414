import { ConfigError } from "../../core/errors.ts";
import { judgeAge, judgeRto, takenAt } from "../../domain/backup/age.ts";
import {
  type Baseline,
  compareTables,
  parseBaseline,
  type TableRows,
  writeBaseline,
} from "../../domain/backup/baseline.ts";
import { checksumFrom, statedChecksum } from "../../domain/backup/checksum.ts";
import type { Fault, Level } from "../../domain/backup/fault.ts";
import type { ActionContext, ActionResult } from "../../platform/action.ts";
import { checkWritable, writeText } from "../../platform/document-input.ts";
import { type BackupFile, findBackup, readNamedFile } from "../../platform/dump-file.ts";
import { findPostgres } from "../../platform/postgres-tools.ts";
import type { BackupInputs } from "./inputs.ts";
import { type Inspection, inspect } from "./inspect.ts";
import { type BackupSeen, backupResult } from "./report.ts";
import { type RestoreOutcome, restore } from "./restore.ts";

/** The story: are the bytes whole, does a server take them, is everything there, is it young enough. */
export async function backupVerify(
  inputs: BackupInputs,
  context: ActionContext,
  now: () => number,
): Promise<ActionResult> {
  const startedMs = now();
  const file = await findBackup(inputs.backup);
  const checksum = await readChecksum(inputs.checksum, file);
  const baseline = await readBaseline(inputs.baseline);
  if (inputs.learnBaseline !== undefined) await checkWritable("learn-baseline", inputs.learnBaseline);

  context.runner.info(`Backup: ${file.path}`);
  const inspection = await inspect(file, checksum);
  const ageMs = ageOf(file, inspection, startedMs);
  const leftMs = () => Math.max(1, inputs.timeLimitMs - (now() - startedMs));
  const restored = await restoreWhole({ inputs, file, inspection, leftMs }, context);
  const compared = await compare(inputs, baseline, restored?.tables);

  const seen: BackupSeen = {
    file,
    ageMs,
    level: levelOf(inspection, restored, compared !== undefined),
    ...(inspection.dump === undefined ? {} : { dump: inspection.dump }),
    ...(restored?.restoreMs === undefined ? {} : { restoreMs: restored.restoreMs }),
    ...(restored?.tables === undefined ? {} : { tables: restored.tables }),
    roles: restored?.roles ?? [],
    faults: [
      ...inspection.faults,
      ...(restored?.faults ?? []),
      ...(compared?.faults ?? []),
      ...judgeAge(ageMs, inputs.maxAgeMs),
      ...judgeRto(restored?.restoreMs ?? 0, inputs.rtoMs),
    ],
    gaps: [...inspection.gaps, ...(restored?.gaps ?? []), ...(compared?.gaps ?? [])],
  };
  return backupResult(inputs, seen);
}

async function readChecksum(given: string | undefined, file: BackupFile): Promise<string | undefined> {
  if (given === undefined) return undefined;
  if (file.isDirectory)
    throw new ConfigError('Input "checksum" must not be given for a directory dump: it is no file');
  return statedChecksum(given) ?? checksumFrom(await readNamedFile("checksum", given), file.name);
}

async function readBaseline(path: string | undefined): Promise<Baseline | undefined> {
  return path === undefined ? undefined : parseBaseline(await readNamedFile("baseline", path), path);
}

function ageOf(file: BackupFile, { dump }: Inspection, nowMs: number): number {
  const dumpMs = dump?.header?.createdMs ?? dump?.plain?.startedMs;
  return nowMs - takenAt({ fileMs: file.modifiedMs, dumpMs });
}

interface Task {
  readonly inputs: BackupInputs;
  readonly file: BackupFile;
  readonly inspection: Inspection;
  readonly leftMs: () => number;
}

/** Damage that is known needs no server to be proven again. */
async function restoreWhole(
  { inputs, file, inspection, leftMs }: Task,
  context: ActionContext,
): Promise<RestoreOutcome | undefined> {
  const { dump, faults, gaps } = inspection;
  if (dump === undefined || faults.length + gaps.length > 0) return undefined;
  const tools = await findPostgres({ runner: context.runner, shell: context.shell });
  context.runner.info(`Restoring into PostgreSQL ${tools.version}`);
  return restore({ file, dump, tools, allowSuperuser: inputs.allowSuperuser, leftMs }, context);
}

interface Comparison {
  readonly faults: readonly Fault[];
  readonly gaps: readonly string[];
}

async function compare(
  { learnBaseline }: BackupInputs,
  baseline: Baseline | undefined,
  tables: readonly TableRows[] | undefined,
): Promise<Comparison | undefined> {
  if (tables === undefined) return undefined;
  if (learnBaseline !== undefined) await writeText(learnBaseline, writeBaseline(tables));
  if (baseline !== undefined) return { faults: compareTables(baseline, tables), gaps: [] };
  const learned = learnBaseline === undefined ? "" : `: review ${learnBaseline} and give it as baseline`;
  return { faults: [], gaps: [`No baseline: whether everything is there cannot be judged${learned}`] };
}

function levelOf({ dump }: Inspection, restored: RestoreOutcome | undefined, isCompared: boolean): Level {
  if (isCompared) return "compare";
  if (restored !== undefined) return "restore";
  return dump === undefined ? "file" : "decode";
}
