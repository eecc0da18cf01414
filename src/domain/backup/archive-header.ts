/** What the head of a custom dump, or of a directory's toc.dat, says about it. */
export interface ArchiveHeader {
  /** Major and minor of the archive format, such as 1.14. */
  readonly archiveVersion: string;
  readonly database: string;
  /** Version text of the server the dump was taken from. */
  readonly serverVersion: string;
  readonly dumpVersion: string;
  /** Local time of the machine that ran pg_dump, whose zone the archive does not name, read as UTC. */
  readonly createdMs: number;
  readonly entries: number;
}

export type HeaderReading =
  | { readonly kind: "header"; readonly header: ArchiveHeader }
  | { readonly kind: "damaged"; readonly problem: string };

/** Bytes that `readArchiveHeader` needs at most: two long names and two version texts fit. */
export const headerBytes = 64 * 1024;

/**
 * Reads the head of an archive as pg_dump writes it. pg_restore believes impossible values and then restores
 * nothing with status 0, which line-end conversion of a binary file causes; here they are damage.
 */
export function readArchiveHeader(bytes: Uint8Array): HeaderReading {
  try {
    return checkHeader(parseHeader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return damaged("it ends within the header");
    throw error;
  }
}

function parseHeader(bytes: Uint8Array): ArchiveHeader & { readonly date: readonly number[] } {
  const cursor = cursorOver(bytes);
  cursor.skip(5);
  const major = cursor.byte();
  const minor = cursor.byte();
  cursor.byte();
  const intSize = cursor.byte();
  cursor.skip(2);
  // Since archive 1.15 the compression is one byte that names the algorithm, before it was a number.
  if (minor >= 15) cursor.byte();
  else cursor.integer(intSize);
  const date = Array.from({ length: 7 }, () => cursor.integer(intSize));
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = date;
  return {
    archiveVersion: `${major}.${minor}`,
    createdMs: Date.UTC(year + 1900, month, day, hour, minute, second),
    database: cursor.text(intSize),
    serverVersion: cursor.text(intSize),
    dumpVersion: cursor.text(intSize),
    entries: cursor.integer(intSize),
    date,
  };
}

function checkHeader({ date, ...header }: ReturnType<typeof parseHeader>): HeaderReading {
  const [second = -1, minute = -1, hour = -1, day = -1, month = -1, year = -1] = date;
  const isDate =
    within(second, 0, 60) &&
    within(minute, 0, 59) &&
    within(hour, 0, 23) &&
    within(day, 1, 31) &&
    within(month, 0, 11) &&
    within(year, 95, 300);
  if (!isDate) return damaged(`its date is impossible (${date.slice(0, 6).join(" ")})`);
  if (!within(header.entries, 1, 100_000_000)) return damaged(`it announces ${header.entries} entries`);
  if (!/^\d+/.test(header.dumpVersion)) return damaged("it does not name the pg_dump that made it");
  return { kind: "header", header };
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

function damaged(problem: string): HeaderReading {
  return { kind: "damaged", problem };
}

function cursorOver(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let here = 0;
  const byte = () => view.getUint8(here++);
  const integer = (size: number) => {
    if (size < 1 || size > 8) throw new RangeError("size of integers");
    const isNegative = byte() !== 0;
    let value = 0;
    for (let index = 0; index < size; index++) value += byte() * 2 ** (8 * index);
    return isNegative ? -value : value;
  };
  return {
    byte,
    integer,
    skip: (count: number) => {
      here += count;
    },
    text: (size: number) => {
      const length = integer(size);
      if (length < 0) return "";
      if (here + length > bytes.length) throw new RangeError("text");
      const text = new TextDecoder().decode(bytes.subarray(here, here + length));
      here += length;
      return text;
    },
  };
}
