import { stat } from "node:fs/promises";
import { formatMs } from "../../core/duration.ts";

/** Takes one line for people: what, from where, how large, how long. */
export type Progress = (line: string) => void;

/** Bytes for people: `87 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** Runs a piece of work between two lines: what begins, and how long it took. */
export async function told<T>(
  progress: Progress,
  begins: string,
  work: () => Promise<{ readonly result: T; readonly ends: string }>,
): Promise<T> {
  const begun = performance.now();
  progress(begins);
  const { result, ends } = await work();
  progress(`${ends}, ${formatMs(performance.now() - begun)}`);
  return result;
}

/** The size of a file for people. */
export async function sizeOf(file: string): Promise<string> {
  return formatBytes((await stat(file)).size);
}
