import { readFile } from "node:fs/promises";
import { ConfigError } from "../core/errors.ts";

/** What a PEM text may hold: a certificate, or a private key. */
export type PemKind = "certificate" | "private key";

const headings: Readonly<Record<PemKind, RegExp>> = {
  certificate: /-----BEGIN CERTIFICATE-----/,
  "private key": /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/,
};

/** The PEM text of an input that holds it, base64 of it, or the path of a file with it. The text is never quoted. */
export async function readPem(input: string, given: string, kind: PemKind): Promise<string> {
  const heading = headings[kind];
  if (heading.test(given)) return given;
  const decoded = Buffer.from(given, "base64").toString("utf8");
  if (heading.test(decoded)) return decoded;
  // A whole document of another kind is no path, and its name would be an error of the file system that quotes it.
  const text = given.includes("\n") ? "" : await readFile(given, "utf8").catch(() => "");
  if (heading.test(text)) return text;
  throw new ConfigError(`Input "${input}" must be a PEM ${kind}, base64 of one, or the path of one`);
}
