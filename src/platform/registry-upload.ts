import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf, OutsideError } from "../core/errors.ts";
import { textAt } from "../core/json.ts";
import { type ImageDigest, isDigest } from "../domain/image/digest.ts";
import { type BlobDescriptor, parseManifest } from "../domain/image/manifest.ts";
import type { RegistrySession } from "./registry-session.ts";

export interface LayoutPush {
  readonly session: RegistrySession;
  /** An OCI image layout with one image. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uploads what the registry has not, then the manifest under its digest. No tag is made, so nobody can run the image
 * by a name before it has been scanned.
 */
export async function pushLayout(push: LayoutPush): Promise<ImageDigest> {
  const { digest, mediaType, bytes, blobs } = await readLayout(push.folder);
  for (const blob of blobs) await pushBlob(push, blob);
  const headers = { "content-type": mediaType };
  const answer = await push.session.ask(`manifests/${digest}`, {
    method: "PUT",
    body: bytes,
    headers,
    retries: 3,
  });
  if (answer.status === 201 || answer.status === 200) return digest;
  throw push.session.problem(`keep the image ${digest}`, answer);
}

async function readLayout(folder: string) {
  const index: unknown = JSON.parse(await readFile(join(folder, "index.json"), "utf8"));
  const digest = textAt(index, "manifests", 0, "digest") ?? "";
  if (!isDigest(digest)) throw new OutsideError(`${folder} holds no image: index.json names no digest`);
  const bytes = await readFile(blobPath(folder, digest));
  const document: unknown = JSON.parse(bytes.toString("utf8"));
  const manifest = parseManifest(document);
  if (manifest?.kind !== "image") throw new OutsideError(`${folder} holds no single image: ${digest}`);
  const mediaType = textAt(document, "mediaType") ?? textAt(index, "manifests", 0, "mediaType") ?? "";
  return { digest, mediaType, bytes, blobs: [...manifest.layers, manifest.config] };
}

function blobPath(folder: string, digest: ImageDigest): string {
  return join(folder, "blobs", ...digest.split(":"));
}

const tries = 4;
const transientStatus = new Set([408, 429, 500, 502, 503, 504]);

/** Uploads one blob unless it is there. A broken connection or a busy registry is tried again from the start. */
async function pushBlob(push: LayoutPush, blob: BlobDescriptor): Promise<void> {
  if (await isThere(push, blob)) return;
  for (let attempt = 1; ; attempt++) {
    const problem = await tryBlob(push, blob);
    if (problem === undefined) return;
    if (!problem.isTransient || attempt === tries || push.signal?.aborted === true) {
      const after = attempt > 1 ? ` after ${attempt} tries` : "";
      throw new OutsideError(`Layer ${blob.digest} could not be pushed${after}: ${problem.text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
  }
}

async function isThere({ session }: LayoutPush, blob: BlobDescriptor): Promise<boolean> {
  const answer = await session.ask(`blobs/${blob.digest}`, { method: "HEAD", retries: 3 });
  return answer.status === 200;
}

interface BlobProblem {
  readonly text: string;
  readonly isTransient: boolean;
}

async function tryBlob(push: LayoutPush, blob: BlobDescriptor): Promise<BlobProblem | undefined> {
  const { session } = push;
  const begun = await session.ask("blobs/uploads/", { method: "POST", retries: 3 });
  if (begun.status !== 202) return problemOf(session.problem("begin an upload", begun), begun.status);
  const sent = await sendFile(push, blob, begun.headers.get("location") ?? "");
  if ("text" in sent) return sent;
  const separator = sent.location.includes("?") ? "&" : "?";
  const place = `${sent.location}${separator}digest=${encodeURIComponent(blob.digest)}`;
  const ended = await session.ask(place, { method: "PUT", retries: 3 });
  // 404 after a try whose answer was lost: the upload has ended, and the blob says whether well.
  if (ended.status === 201 || ended.status === 204 || (ended.status === 404 && (await isThere(push, blob)))) {
    return undefined;
  }
  return problemOf(session.problem("keep an upload", ended), ended.status);
}

function problemOf(error: OutsideError, status: number): BlobProblem {
  return { text: error.message, isTransient: transientStatus.has(status) };
}

type Sent = { readonly location: string } | BlobProblem;

/** Streams a file, so that a layer of any size needs no memory. */
async function sendFile(push: LayoutPush, blob: BlobDescriptor, location: string): Promise<Sent> {
  const { session, folder, signal } = push;
  const path = blobPath(folder, blob.digest);
  const { url, headers } = session.follow(location);
  const send = url.startsWith("https:") ? requestHttps : requestHttp;
  const { size } = await stat(path);
  const request = send(url, {
    method: "PATCH",
    headers: { ...headers, "content-type": "application/octet-stream", "content-length": size },
    timeout: 60_000,
    ...(signal === undefined ? {} : { signal }),
  });
  request.on("timeout", () => request.destroy(new Error("no byte was taken for 60 s")));
  const [answer, sending] = await Promise.allSettled([
    answerOf(request),
    pipeline(createReadStream(path), request),
  ]);
  // A registry may answer before it has everything: what it says explains more than the connection it then breaks.
  if (answer.status === "rejected") return { text: messageOf(answer.reason), isTransient: true };
  const { status } = answer.value;
  if (status === 202 || status === 204) {
    if (sending.status === "rejected") return { text: messageOf(sending.reason), isTransient: true };
    return { location: answer.value.location ?? location };
  }
  return { text: `the upload was answered with ${status}`, isTransient: isWorthAnotherTry(status) };
}

function answerOf(request: ClientRequest): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("close", () => reject(new Error("the connection was closed without an answer")));
    request.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
    });
  });
}

/** A token may have run out while the layer was on its way; a new upload asks for a new one. */
function isWorthAnotherTry(status: number): boolean {
  return status === 401 || transientStatus.has(status);
}
