import { formatMs } from "../../core/duration.ts";
import { type TableRows, totalRows } from "../../domain/backup/baseline.ts";
import { caughtIds, type Fault, judgeBackup, type Level } from "../../domain/backup/fault.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { BackupFile } from "../../platform/dump-file.ts";
import type { BackupInputs } from "./inputs.ts";
import type { InspectedDump } from "./inspect.ts";

export interface BackupSeen {
  readonly file: BackupFile;
  readonly ageMs: number;
  readonly level: Level;
  readonly dump?: InspectedDump;
  readonly restoreMs?: number;
  readonly tables?: readonly TableRows[];
  readonly roles: readonly string[];
  readonly faults: readonly Fault[];
  readonly gaps: readonly string[];
}

/** Everything the action says at its end. */
export function backupResult(inputs: BackupInputs, seen: BackupSeen): ActionResult {
  const { file, dump, tables, faults, gaps } = seen;
  return {
    verdict: judgeBackup(faults, gaps),
    subject: { path: file.path },
    details: {
      level: seen.level,
      format: formatName(dump),
      sizeBytes: file.sizeBytes,
      ageSeconds: Math.round(seen.ageMs / 1000),
      restoreSeconds: secondsOf(seen.restoreMs),
      database: dump?.header?.database,
      serverVersion: dump?.header?.serverVersion ?? dump?.plain?.serverVersion,
      dumpVersion: dump?.header?.dumpVersion ?? dump?.plain?.dumpVersion,
      rolesStoodInFor: seen.roles,
      tables: Object.fromEntries((tables ?? []).map(({ name, rows }) => [name, rows])),
      faults: faults.map(({ id, sentence }) => ({ id, sentence })),
      gaps,
      allowed: {
        maxAgeMs: inputs.maxAgeMs,
        rtoMs: inputs.rtoMs,
        timeLimitMs: inputs.timeLimitMs,
        baseline: inputs.baseline,
        checksum: inputs.checksum,
      },
    },
    outputs: {
      "rto-seconds": String(secondsOf(seen.restoreMs) ?? ""),
      "rpo-seconds": String(Math.max(0, Math.round(seen.ageMs / 1000))),
      tables: tables === undefined ? "" : String(tables.length),
      rows: tables === undefined ? "" : String(totalRows(tables)),
      format: formatName(dump) ?? "",
      caught: JSON.stringify(caughtIds(faults)),
    },
    summary: summaryOf(seen),
    onInconclusive: inputs.onInconclusive,
  };
}

function formatName(dump: InspectedDump | undefined): string | undefined {
  if (dump === undefined) return undefined;
  return dump.compression === undefined ? dump.format : `${dump.format}+${dump.compression}`;
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Number((ms / 1000).toFixed(1));
}

const levels: Readonly<Record<Level, string>> = {
  file: "the file",
  decode: "the file and what it holds, without a server",
  restore: "a restore",
  compare: "a restore, and every table it brought",
};

const shownTables = 50;

function summaryOf({ file, dump, ageMs, restoreMs, tables = [], level }: BackupSeen): string {
  const facts = [
    ["backup", file.path],
    ["format", formatName(dump) ?? "unknown"],
    ["size", `${file.sizeBytes} bytes`],
    ["age", formatMs(Math.max(0, ageMs))],
    ["looked at", levels[level]],
    ...(restoreMs === undefined ? [] : [["restored in", formatMs(restoreMs)]]),
  ];
  const rows = tables.slice(0, shownTables).map(({ name, rows: count }) => [name, String(count)]);
  const rest =
    tables.length > shownTables ? [`\n${tables.length - shownTables} more tables in the evidence.`] : [];
  const counts = rows.length === 0 ? [] : ["", "| table | rows |", "|---|---|", ...rows.map(rowOf), ...rest];
  return ["| | |", "|---|---|", ...facts.map(rowOf), ...counts].join("\n");
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/[\\|<>`*_[\]]/g, "\\$&").replace(/\s+/g, " ")).join(" | ")} |`;
}
