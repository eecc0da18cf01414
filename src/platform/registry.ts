import { createHash } from "node:crypto";
import { ConfigError, OutsideError } from "../core/errors.ts";
import { textAt } from "../core/json.ts";
import { type ImageDigest, isDigest } from "../domain/image/digest.ts";
import { type Manifest, manifestTypes, parseManifest, platformOf } from "../domain/image/manifest.ts";
import type { ImageReference } from "../domain/image/reference.ts";
import type { Http } from "./http.ts";
import type { CredentialsFor } from "./registry-auth.ts";
import { jsonOf, openSession, type RegistryRight, type RegistrySession } from "./registry-session.ts";
import { pushLayout } from "./registry-upload.ts";

/** What a tag or digest points to now. */
export interface ResolvedManifest {
  readonly digest: ImageDigest;
  readonly mediaType: string;
  /** Bytes of the manifest itself. */
  readonly size: number;
}

export interface FetchedManifest extends ResolvedManifest {
  /** The bytes as they are kept, which the digest is of. */
  readonly text: string;
  readonly manifest: Manifest;
}

/** A client of the OCI distribution API. What is not there is undefined or false; a refusal is an OutsideError. */
export interface Registry {
  /** What the reference's digest, else its tag, else `latest` points to. */
  resolve(reference: ImageReference): Promise<ResolvedManifest | undefined>;
  /** The manifest of a digest, its bytes checked against it. */
  manifest(reference: ImageReference, digest: ImageDigest): Promise<FetchedManifest>;
  has(reference: ImageReference, digest: ImageDigest): Promise<boolean>;
  /** Digests by platform, of an index or of a single image. */
  platforms(reference: ImageReference, digest: ImageDigest): Promise<Readonly<Record<string, ImageDigest>>>;
  /** Points a tag to a manifest that is there, and makes sure that it does. */
  tag(reference: ImageReference, digest: ImageDigest, tag: string): Promise<"moved" | "already there">;
  /** Fails unless the repository may be written to. Leaves nothing behind. */
  checkPush(reference: ImageReference): Promise<void>;
  /** Uploads the one image of an OCI layout folder by digest: no tag is made. */
  pushLayout(reference: ImageReference, folder: string): Promise<ImageDigest>;
}

export interface RegistryOptions {
  readonly http: Http;
  readonly credentials: CredentialsFor;
  readonly signal?: AbortSignal;
}

const retries = 3;
const accept = manifestTypes.join(", ");

export function registry(options: RegistryOptions): Registry {
  const open = (reference: ImageReference, right: RegistryRight) =>
    openSession(reference, { ...options, right });
  const resolve: Registry["resolve"] = (reference) => resolveIn(open(reference, "pull"), reference);
  const manifest: Registry["manifest"] = (reference, digest) =>
    fetchManifest(open(reference, "pull"), reference, digest);
  return {
    resolve,
    manifest,
    has: async (reference, digest) => (await resolve({ ...reference, digest })) !== undefined,
    platforms: (reference, digest) => platformsIn(open(reference, "pull"), reference, digest),
    tag: (reference, digest, tag) => tagIn(open(reference, "pull,push"), reference, { digest, tag }),
    checkPush: (reference) => checkPush(open(reference, "pull,push"), reference),
    pushLayout: (reference, folder) =>
      pushLayout({ session: open(reference, "pull,push"), folder, signal: options.signal }),
  };
}

async function resolveIn(
  session: RegistrySession,
  reference: ImageReference,
): Promise<ResolvedManifest | undefined> {
  const path = `manifests/${reference.digest ?? reference.tag ?? "latest"}`;
  const answer = await session.ask(path, { method: "HEAD", headers: { accept }, retries });
  if (answer.status === 404) return undefined;
  const digest = answer.headers.get("docker-content-digest") ?? reference.digest ?? "";
  if (answer.status !== 200) throw session.problem(`show ${shown(reference)}`, answer);
  // Some registries answer HEAD without a digest: then the bytes themselves say it.
  if (!isDigest(digest)) return resolveByBytes(session, reference, path);
  refuseOther(reference, digest);
  return {
    digest,
    mediaType: answer.headers.get("content-type") ?? "",
    size: Number(answer.headers.get("content-length") ?? "0"),
  };
}

async function resolveByBytes(
  session: RegistrySession,
  reference: ImageReference,
  path: string,
): Promise<ResolvedManifest> {
  const answer = await session.ask(path, { headers: { accept }, retries });
  if (answer.status !== 200) throw session.problem(`show ${shown(reference)}`, answer);
  if (parseManifest(jsonOf(answer)) === undefined) throw notAManifest(reference);
  const digest = digestOf(answer.body);
  refuseOther(reference, digest);
  return { digest, mediaType: answer.headers.get("content-type") ?? "", size: answer.body.byteLength };
}

function refuseOther(reference: ImageReference, digest: ImageDigest): void {
  if (reference.digest === undefined || digest === reference.digest) return;
  throw new OutsideError(`${reference.registry} answered ${digest} when asked for ${reference.digest}`);
}

async function fetchManifest(
  session: RegistrySession,
  reference: ImageReference,
  digest: ImageDigest,
): Promise<FetchedManifest> {
  const answer = await session.ask(`manifests/${digest}`, { headers: { accept }, retries });
  if (answer.status === 404) throw missing(reference, digest);
  if (answer.status !== 200) throw session.problem(`show ${shown({ ...reference, digest })}`, answer);
  const got = digestOf(answer.body);
  if (got !== digest)
    throw new OutsideError(`${reference.registry} answered ${got} when asked for ${digest}`);
  const document = jsonOf(answer);
  const manifest = parseManifest(document);
  if (manifest === undefined) throw notAManifest({ ...reference, digest });
  const mediaType = textAt(document, "mediaType") ?? answer.headers.get("content-type") ?? "";
  return { digest, mediaType, size: answer.body.byteLength, text: answer.text, manifest };
}

async function platformsIn(
  session: RegistrySession,
  reference: ImageReference,
  digest: ImageDigest,
): Promise<Readonly<Record<string, ImageDigest>>> {
  const { manifest } = await fetchManifest(session, reference, digest);
  if (manifest.kind === "index") {
    return Object.fromEntries(manifest.platforms.map((one) => [one.platform, one.digest]));
  }
  const answer = await session.ask(`blobs/${manifest.config.digest}`, { retries });
  if (answer.status !== 200) throw session.problem(`show the config of ${digest}`, answer);
  return { [platformOf(jsonOf(answer))]: digest };
}

async function tagIn(
  session: RegistrySession,
  reference: ImageReference,
  { digest, tag }: { readonly digest: ImageDigest; readonly tag: string },
): Promise<"moved" | "already there"> {
  const tagged: ImageReference = { registry: reference.registry, repository: reference.repository, tag };
  // A tag that is right already is left alone: registries with immutable tags refuse even the same content.
  if ((await resolveIn(session, tagged))?.digest === digest) return "already there";
  const { text, mediaType } = await fetchManifest(session, reference, digest);
  const headers = { "content-type": mediaType };
  const answer = await session.ask(`manifests/${tag}`, { method: "PUT", body: text, headers, retries });
  if (answer.status !== 201 && answer.status !== 200) throw session.problem(`set tag ${tag}`, answer);
  const now = await resolveIn(session, tagged);
  if (now?.digest === digest) return "moved";
  throw new OutsideError(
    `${reference.registry} accepted tag ${tag}, which then pointed to ${now?.digest ?? "nothing"} instead of ${digest}`,
  );
}

async function checkPush(session: RegistrySession, reference: ImageReference): Promise<void> {
  const answer = await session.ask("blobs/uploads/", { method: "POST" });
  if (answer.status === 404 || answer.status === 405) {
    throw session.problem(`let images be pushed to ${reference.repository}`, answer);
  }
  const location = answer.headers.get("location");
  if (answer.status !== 202 || location === null) {
    throw session.problem(`begin an upload to ${reference.repository}`, answer);
  }
  // An upload that was begun is ended again; a registry that cannot do that forgets it by itself.
  await session.ask(location, { method: "DELETE" });
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array): ImageDigest {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (isDigest(digest)) return digest;
  throw new Error("a SHA-256 is always a digest");
}

function missing(reference: ImageReference, digest: ImageDigest): ConfigError {
  return new ConfigError(`${reference.registry}/${reference.repository} has no image ${digest}`);
}

function notAManifest(reference: ImageReference): OutsideError {
  return new OutsideError(
    `${reference.registry} does not answer like a registry: ${shown(reference)} is not an image manifest`,
  );
}

function shown({ repository, digest, tag }: ImageReference): string {
  return digest === undefined ? `${repository}:${tag ?? "latest"}` : `${repository}@${digest}`;
}
