import { collectNeeds, type DumpNeeds, needsCollector } from "./dump-needs.ts";
import type { Fault } from "./fault.ts";

/** What a plain dump's statements told, collected line by line. */
export interface PlainReading {
  readonly faults: readonly Fault[];
  /** Made with `--create`: it leaves the database it is restored into. */
  readonly changesDatabase: boolean;
  readonly needs: DumpNeeds;
  readonly serverVersion: string | undefined;
  readonly dumpVersion: string | undefined;
  /** When pg_dump started, only in dumps made with `--verbose`. */
  readonly startedMs: number | undefined;
}

/** Whether a line starts a block of rows, which ends with a line of `\.`. */
export function startsRows(line: string): boolean {
  return /^COPY .* FROM stdin;\r?$/i.test(line);
}

/** psql's own guard lines; the restore sets one of its own instead, whose key no dump can know. */
export function isGuard(line: string): boolean {
  return /^\\(un)?restrict [A-Za-z0-9]+\r?$/.test(line);
}

/** Collects from the statements of a plain dump, row blocks left out. */
export function plainDumpReader() {
  const found = needsCollector();
  const faults: Fault[] = [];
  let changesDatabase = false;
  let server: string | undefined;
  let dump: string | undefined;
  let startedMs: number | undefined;
  let last: string[] = [];

  const readCommand = (line: string, number: number) => {
    if (isGuard(line) || /^\\\.\r?$/.test(line)) return;
    if (/^\\connect\b/.test(line)) changesDatabase = true;
    else {
      const command = /^\\\S*/.exec(line)?.[0] ?? "\\";
      const sentence = `Line ${number} of the dump is the psql command ${command}, which pg_dump never writes`;
      faults.push({ id: "command", sentence });
    }
  };
  return {
    /** One line outside row blocks, without its line end. */
    readLine: (line: string, number: number) => {
      if (line.trim() !== "" && line.trim() !== "--") last = [...last.slice(-3), line.trim()];
      if (line.startsWith("\\")) readCommand(line, number);
      server ??= /^-- Dumped from database version (\S+)/.exec(line)?.[1];
      dump ??= /^-- Dumped by pg_dump version (\S+)/.exec(line)?.[1];
      startedMs ??= startedOn(line);
      collectNeeds(line, found);
    },
    /** Called at the end of the text. `inRows`: the text ended within a block of rows. */
    finish: (inRows: boolean): PlainReading => {
      if (inRows) faults.push(truncated("it ends within the rows of a table"));
      else if (!last.includes("-- PostgreSQL database dump complete")) {
        faults.push(truncated("its last line is not the end marker of pg_dump"));
      }
      return {
        faults,
        changesDatabase,
        needs: found.all(),
        serverVersion: server,
        dumpVersion: dump,
        startedMs,
      };
    },
  };
}

function truncated(why: string): Fault {
  return { id: "truncated", sentence: `The dump is not whole: ${why}` };
}

function startedOn(line: string): number | undefined {
  const [, day, time] = /^-- Started on (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(line) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const ms = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
