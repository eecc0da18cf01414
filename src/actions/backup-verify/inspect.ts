import { type ArchiveHeader, headerBytes, readArchiveHeader } from "../../domain/backup/archive-header.ts";
import type { Fault } from "../../domain/backup/fault.ts";
import type { PlainReading } from "../../domain/backup/plain-dump.ts";
import {
  type Compression,
  type DumpFormat,
  promisedCompression,
  shownHead,
  sniff,
  sniffBytes,
} from "../../domain/backup/sniff.ts";
import {
  type BackupFile,
  contentsOf,
  findTarProblem,
  isDamage,
  readBytes,
  readHead,
  sha256Of,
} from "../../platform/dump-file.ts";
import { readPlainDump } from "../../platform/plain-dump-stream.ts";

/** A dump as its bytes tell it, before any server has seen it. */
export interface InspectedDump {
  readonly format: DumpFormat | "directory";
  readonly compression?: Compression;
  readonly header?: ArchiveHeader;
  readonly plain?: PlainReading;
}

export interface Inspection {
  readonly faults: readonly Fault[];
  readonly gaps: readonly string[];
  readonly dump?: InspectedDump;
}

/** Everything that can be told without a server. The first fault ends it: what follows would explain nothing. */
export async function inspect(file: BackupFile, checksum: string | undefined): Promise<Inspection> {
  if (!file.isDirectory && file.sizeBytes === 0) return faulty("empty", "The backup has no bytes");
  if (checksum !== undefined) {
    const got = await sha256Of(file.path);
    if (got !== checksum) return faulty("checksum", `The backup has SHA-256 ${got}, expected ${checksum}`);
  }
  if (file.isDirectory) return inspectDirectory(file);
  try {
    return await inspectFile(file);
  } catch (error) {
    if (isDamage(error) && error instanceof Error) {
      return faulty("compression", `The compressed backup is damaged: ${error.message}`);
    }
    throw error;
  }
}

async function inspectDirectory(file: BackupFile): Promise<Inspection> {
  if (!file.hasContents) return faulty("format", "The folder has no toc.dat: it is not a directory dump");
  const head = await readHead(readBytes(contentsOf(file), undefined), headerBytes);
  return withHeader(head, { format: "directory" });
}

async function inspectFile(file: BackupFile): Promise<Inspection> {
  const outer = sniff(await readHead(readBytes(file.path, undefined), sniffBytes));
  const compression = outer.kind === "compressed" ? outer.compression : undefined;
  const promised = promisedCompression(file.name);
  if (promised !== undefined && promised !== compression) {
    return faulty("name", `The backup is called ${file.name} but is not compressed by ${promised}`);
  }
  const head = await readHead(readBytes(file.path, compression), headerBytes);
  const inner = sniff(head);
  switch (inner.kind) {
    case "empty":
      return faulty("empty", "The compressed backup holds nothing: the dump failed and its pipe did not");
    case "cluster-dump":
      return gap("The backup is a pg_dumpall of a whole server, which is not restored: dump each database");
    case "compressed":
      return gap("The backup is compressed twice");
    case "unknown":
      return faulty("format", `The backup is not a PostgreSQL dump: it begins with ${shownHead(head)}`);
    case "dump":
      return inspectDump(file, head, {
        format: inner.format,
        ...(compression === undefined ? {} : { compression }),
      });
  }
}

async function inspectDump(file: BackupFile, head: Buffer, dump: InspectedDump): Promise<Inspection> {
  switch (dump.format) {
    case "custom":
    case "directory":
      return withHeader(head, dump);
    case "tar": {
      if (dump.compression !== undefined)
        return gap("The backup is a compressed tar dump, which is not restored");
      const problem = await findTarProblem(file.path);
      return problem === undefined
        ? { faults: [], gaps: [], dump }
        : { ...faulty("truncated", `The tar dump is not whole: ${problem}`), dump };
    }
    case "plain": {
      const plain = await readPlainDump(readBytes(file.path, dump.compression));
      const gaps = plain.changesDatabase
        ? ["The dump was made with --create, which is not restored: dump without it"]
        : [];
      return { faults: plain.faults, gaps, dump: { ...dump, plain } };
    }
  }
}

function withHeader(head: Buffer, dump: InspectedDump): Inspection {
  const reading = readArchiveHeader(head);
  if (reading.kind === "header") return { faults: [], gaps: [], dump: { ...dump, header: reading.header } };
  return { ...faulty("header", `The dump's header is damaged: ${reading.problem}`), dump };
}

function faulty(id: Fault["id"], sentence: string): Inspection {
  return { faults: [{ id, sentence }], gaps: [] };
}

function gap(sentence: string): Inspection {
  return { faults: [], gaps: [sentence] };
}
