import { ConfigError } from "../../core/errors.ts";

const digest = /^(?:sha256:)?([0-9a-f]{64})$/i;

/** The SHA-256 an input states itself; undefined when it names a file instead. */
export function statedChecksum(text: string): string | undefined {
  return digest.exec(text)?.[1]?.toLowerCase();
}

/** The SHA-256 of a backup from a file as sha256sum writes it: the line with its name, or the only line. */
export function checksumFrom(text: string, backupName: string): string {
  const entries = text
    .split(/\r?\n/)
    .map((line) => /^\\?([0-9a-fA-F]{64})(?:\s+\*?(.+))?$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, sum = "", name]) => ({ sum: sum.toLowerCase(), name: name?.split("/").at(-1) }));
  const named = entries.find(({ name }) => name === backupName);
  const [only, ...more] = entries;
  if (named !== undefined) return named.sum;
  if (only !== undefined && more.length === 0 && only.name === undefined) return only.sum;
  throw new ConfigError(`Input "checksum" must name a file with the SHA-256 of ${backupName}: it holds none`);
}
