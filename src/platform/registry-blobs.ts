import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { OutsideError } from "../core/errors.ts";
import type { ImageDigest } from "../domain/image/digest.ts";
import type { RegistrySession } from "./registry-session.ts";

export interface BlobDownload {
  readonly digest: ImageDigest;
  /** As the manifest states it. */
  readonly size: number;
  /** The file that gets the bytes. */
  readonly path: string;
}

/** Asked for at a time, so that a layer of any size neither fills the memory nor starts again from its first byte. */
const pieceBytes = 32 * 1024 * 1024;

/** Downloads a blob into a file and checks its bytes against its digest before anybody reads them. */
export async function downloadBlob(session: RegistrySession, blob: BlobDownload): Promise<void> {
  const hash = createHash("sha256");
  const file = await open(blob.path, "wx");
  try {
    for (let at = 0; at < blob.size; ) {
      const piece = await fetchPiece(session, blob, at);
      hash.update(piece);
      await file.write(piece, 0, piece.length, at);
      at += piece.length;
    }
  } finally {
    await file.close();
  }
  const got = `sha256:${hash.digest("hex")}`;
  if (got !== blob.digest)
    throw new OutsideError(`The registry answered ${got} when asked for ${blob.digest}`);
}

async function fetchPiece(session: RegistrySession, blob: BlobDownload, at: number): Promise<Uint8Array> {
  const last = Math.min(at + pieceBytes, blob.size) - 1;
  const answer = await session.ask(`blobs/${blob.digest}`, {
    headers: { range: `bytes=${at}-${last}` },
    maxBytes: blob.size,
    budgetMs: 300_000,
    retries: 3,
  });
  // A registry may answer with the whole blob, which is as good at the start and wrong later.
  const isWhole = answer.status === 200 && at === 0;
  if ((answer.status !== 206 && !isWhole) || answer.body.length === 0) {
    throw session.problem(`give the blob ${blob.digest}`, answer);
  }
  return answer.body;
}
