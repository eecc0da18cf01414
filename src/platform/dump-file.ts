import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { glob, open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream";
import { pipeline as pipelineOf } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ConfigError, messageOf } from "../core/errors.ts";
import type { Compression } from "../domain/backup/sniff.ts";

/** A backup on this machine: a file, or the folder of a directory dump. */
export interface BackupFile {
  readonly path: string;
  readonly name: string;
  readonly isDirectory: boolean;
  /** Of a folder: it holds the table of contents of a directory dump. */
  readonly hasContents: boolean;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** The backup that a path or glob names; of several the newest by the file's time. */
export async function findBackup(pattern: string): Promise<BackupFile> {
  const exact = await describe(pattern).catch(() => undefined);
  if (exact !== undefined) return exact;
  const matches = await Promise.all((await Array.fromAsync(glob(pattern))).map(describe));
  const found = matches.filter(({ isDirectory, hasContents }) => !isDirectory || hasContents);
  const [newest] = found.toSorted((a, b) => b.modifiedMs - a.modifiedMs || b.path.localeCompare(a.path));
  if (newest !== undefined) return newest;
  throw new ConfigError(`Input "backup" must name a backup: nothing matches "${pattern}"`);
}

async function describe(path: string): Promise<BackupFile> {
  const seen = await stat(path);
  const isDirectory = seen.isDirectory();
  // A folder's own time tells when a file was last added to it; its table of contents is written last.
  const contents = isDirectory ? await stat(join(path, "toc.dat")).catch(() => undefined) : undefined;
  return {
    path,
    name: basename(path),
    isDirectory,
    hasContents: contents !== undefined,
    sizeBytes: seen.size,
    modifiedMs: (contents ?? seen).mtimeMs,
  };
}

/** Where a directory dump keeps its table of contents. */
export function contentsOf(folder: BackupFile): string {
  return join(folder.path, "toc.dat");
}

/** The bytes of a file, decompressed on the way. Damage of the compression surfaces as an error while reading. */
export function readBytes(path: string, compression: Compression | undefined): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (compression === undefined) return file;
  const decompress = compression === "gzip" ? createGunzip() : createZstdDecompress();
  pipeline(file, decompress, () => undefined);
  return decompress;
}

/** Whether an error of reading says that the compressed data are damaged, rather than that the disk failed. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(Z_|ZSTD_)/.test(String(error.code));
}

/** At most the first bytes; fewer when there are no more. */
export async function readHead(source: AsyncIterable<Buffer>, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

/** Decompresses a file into another one, whole. */
export async function decompressTo(path: string, compression: Compression, target: string): Promise<void> {
  await pipelineOf(readBytes(path, compression), createWriteStream(target, { mode: 0o600 }));
}

const blockBytes = 512;

/** What is wrong with a tar's chain of members. pg_restore never ends on one that was cut, so it must not see it. */
export async function findTarProblem(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const block = Buffer.alloc(blockBytes);
    for (let here = 0; here + blockBytes <= size; ) {
      await file.read(block, 0, blockBytes, here);
      if (block.every((byte) => byte === 0)) return undefined;
      const member = block.toString("latin1", 0, 100).replace(/\0.*$/, "");
      const length = tarNumber(block.subarray(124, 136));
      if (!(length >= 0) || block.toString("latin1", 257, 262) !== "ustar") {
        return `it has no member where one must begin (byte ${here})`;
      }
      here += blockBytes + Math.ceil(length / blockBytes) * blockBytes;
      if (here > size) return `it ends within its member ${JSON.stringify(member)}`;
    }
    return "it has no end";
  } finally {
    await file.close();
  }
}

/** Octal digits, or a binary number where the first bit is set, as for members of 8 GiB and more. */
function tarNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(field.readBigUInt64BE(4));
  const digits = field.toString("latin1").replace(/[\0 ]+$/, "");
  return /^[0-7]+$/.test(digits.trim()) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** The text of a small file that an input names. */
export async function readNamedFile(input: string, path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ConfigError(`Input "${input}" must name a file that can be read: ${messageOf(error)}`);
  }
}
