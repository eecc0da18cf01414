import { randomBytes } from "node:crypto";
import { isGuard, type PlainReading, plainDumpReader, startsRows } from "../domain/backup/plain-dump.ts";

/** A piece of a plain dump: one line of statements, or a stretch of rows that COPY takes as they are. */
type Piece =
  | { readonly kind: "line"; readonly text: string; readonly number: number; readonly bytes: Buffer }
  | { readonly kind: "rows"; readonly bytes: Buffer }
  | { readonly kind: "end"; readonly inRows: boolean };

const newline = 10;
/** Statements longer than this are data; what is looked for stands at the beginning of short lines. */
const inspectedBytes = 64 * 1024;

async function* splitDump(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let held: Buffer[] = [];
  let inRows = false;
  let number = 0;
  for await (const chunk of source) {
    const cut = chunk.lastIndexOf(newline) + 1;
    if (cut === 0) {
      held.push(chunk);
      continue;
    }
    const whole = Buffer.concat([...held, chunk.subarray(0, cut)]);
    held = cut === chunk.length ? [] : [chunk.subarray(cut)];
    let rowsFrom = 0;
    for (let here = 0; here < whole.length; ) {
      const next = whole.indexOf(newline, here) + 1;
      number++;
      if (inRows) {
        inRows = !endsRows(whole, here, next);
        if (!inRows || next === whole.length) yield { kind: "rows", bytes: whole.subarray(rowsFrom, next) };
      } else {
        const line = lineOf(whole.subarray(here, next), number);
        yield line;
        inRows = startsRows(line.text);
        rowsFrom = next;
      }
      here = next;
    }
  }
  const rest = Buffer.concat(held);
  if (rest.length > 0) yield inRows ? { kind: "rows", bytes: rest } : lineOf(rest, number + 1);
  yield { kind: "end", inRows };
}

function endsRows(bytes: Buffer, from: number, to: number): boolean {
  // A line of \. alone, with either line end.
  if (bytes[from] !== 0x5c || bytes[from + 1] !== 0x2e) return false;
  return to - from === 3 || (to - from === 4 && bytes[from + 2] === 13);
}

function lineOf(bytes: Buffer, number: number) {
  const text = bytes.subarray(0, inspectedBytes).toString("utf8").replace(/\n$/, "");
  return { kind: "line", text, number, bytes } as const;
}

/** Reads a whole plain dump without a server: its statements, its end, what it needs. */
export async function readPlainDump(source: AsyncIterable<Buffer>): Promise<PlainReading> {
  const reader = plainDumpReader();
  let inRows = false;
  for await (const piece of splitDump(source)) {
    if (piece.kind === "line") reader.readLine(piece.text, piece.number);
    if (piece.kind === "end") inRows = piece.inRows;
  }
  return reader.finish(inRows);
}

const batchBytes = 64 * 1024;

/**
 * The dump as psql may be given it: under a guard of our own, whose random key the dump cannot know, psql refuses
 * every backslash command wherever it stands. The dump's own guard would be refused too, so it is left out.
 */
export async function* guardDump(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let batch: Buffer[] = [Buffer.from(`\\restrict ${randomBytes(24).toString("hex")}\n`)];
  let size = 0;
  for await (const piece of splitDump(source)) {
    if (piece.kind === "end" || (piece.kind === "line" && isGuard(piece.text))) continue;
    batch.push(piece.bytes);
    size += piece.bytes.length;
    if (size < batchBytes) continue;
    yield Buffer.concat(batch);
    batch = [];
    size = 0;
  }
  yield Buffer.concat(batch);
}
