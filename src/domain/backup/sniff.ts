export type Compression = "gzip" | "zstd";
export type DumpFormat = "custom" | "tar" | "plain";

/** What the first bytes of a file (of the decompressed text, for a dump) say it is. */
export type Sniffed =
  | { readonly kind: "dump"; readonly format: DumpFormat }
  | { readonly kind: "compressed"; readonly compression: Compression }
  /** All databases and roles of a server, by pg_dumpall. */
  | { readonly kind: "cluster-dump" }
  | { readonly kind: "empty" }
  | { readonly kind: "unknown" };

/** Bytes that `sniff` needs to see; fewer only when the file is shorter. */
export const sniffBytes = 4096;

/** Tells what a file is by its content. A name can lie, and a damaged beginning is nothing we know. */
export function sniff(head: Uint8Array): Sniffed {
  if (head.length === 0) return { kind: "empty" };
  if (begins(head, [0x1f, 0x8b])) return { kind: "compressed", compression: "gzip" };
  if (begins(head, [0x28, 0xb5, 0x2f, 0xfd])) return { kind: "compressed", compression: "zstd" };
  const text = latin(head);
  if (text.startsWith("PGDMP")) return { kind: "dump", format: "custom" };
  if (text.slice(257, 262) === "ustar" && text.startsWith("toc.dat")) return { kind: "dump", format: "tar" };
  if (/^--\s*PostgreSQL database cluster dump\s*$/m.test(text)) return { kind: "cluster-dump" };
  if (/^--\s*PostgreSQL database dump\s*$/m.test(text)) return { kind: "dump", format: "plain" };
  return { kind: "unknown" };
}

/** The compression that a file name promises. */
export function promisedCompression(name: string): Compression | undefined {
  if (/\.(gz|gzip|tgz)$/i.test(name)) return "gzip";
  return /\.(zst|zstd)$/i.test(name) ? "zstd" : undefined;
}

/** The first bytes for a message: as text when they are text, else in hex. */
export function shownHead(head: Uint8Array): string {
  const text = latin(head.slice(0, 40));
  if (/^[\x20-\x7e\s]+$/.test(text)) return JSON.stringify(text.trim());
  return [...head.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function begins(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
