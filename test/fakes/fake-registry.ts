import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRegistry {
  /** Host and port, as an image name begins with it. */
  readonly host: string;
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly tags: Map<string, string>;
  readonly blobs: Map<string, Buffer>;
  /** `METHOD /path` of all requests, queries left out. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface FakeRegistryOptions {
  readonly auth?: "none" | "basic" | "token";
  readonly user?: string;
  readonly password?: string;
  /** May be read but not written to. */
  readonly readOnly?: boolean;
  /** Answers this many uploads with 503 before one is taken. */
  readonly busyUploads?: number;
  /** Keeps its tags where they are, though it says that it moved them. */
  readonly stuckTags?: boolean;
  /** Answers manifests with other bytes than their digest is of. */
  readonly corrupt?: boolean;
}

/** A registry of one repository in memory that speaks enough of the distribution API to be pushed to and read from. */
export async function fakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const state = {
    options,
    host: "",
    busyLeft: options.busyUploads ?? 0,
    manifests: new Map<string, { type: string; bytes: Buffer }>(),
    tags: new Map<string, string>(),
    blobs: new Map<string, Buffer>(),
    uploads: new Map<string, Buffer>(),
    asked: [] as string[],
  };
  const server = createServer((request, response) => {
    void handle(state, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  state.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(state, { close });
}

type State = Omit<FakeRegistry, "close"> & {
  readonly options: FakeRegistryOptions;
  readonly uploads: Map<string, Buffer>;
  busyLeft: number;
};

/** The digest of bytes, as a registry names them. */
export function digestOfBytes(bytes: Buffer | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function handle(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ServerResponse> {
  const url = new URL(request.url ?? "/", `http://${state.host}`);
  const method = request.method ?? "GET";
  state.asked.push(`${method} ${url.pathname}`);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (url.pathname === "/token") return token(state, request, response);
  if (!isAllowed(state, request)) return challenge(state, response);
  if (state.options.readOnly === true && !["GET", "HEAD"].includes(method)) {
    return deny(response, 403, "DENIED");
  }
  const part = /^\/v2\/.+\/(manifests|blobs|blobs\/uploads)\/([^/]*)$/.exec(url.pathname);
  const call = { method, url, key: part?.[2] ?? "", body, type: request.headers["content-type"] ?? "" };
  if (part?.[1] === "manifests") return manifests(state, call, response);
  if (part?.[1] === "blobs/uploads") return uploads(state, call, response);
  return blobs(state, call, response);
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly key: string;
  readonly body: Buffer;
  readonly type: string;
}

function isAllowed({ options }: State, request: IncomingMessage): boolean {
  if (options.auth === undefined || options.auth === "none") return true;
  const shown = request.headers.authorization ?? "";
  return options.auth === "token" ? shown === "Bearer good" : isOurs(options, shown);
}

function isOurs({ user = "", password = "" }: FakeRegistryOptions, shown: string): boolean {
  return shown === `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function challenge({ options, host }: State, response: ServerResponse): ServerResponse {
  const wanted =
    options.auth === "token" ? `Bearer realm="http://${host}/token",service="fake"` : 'Basic realm="fake"';
  response.setHeader("www-authenticate", wanted);
  return deny(response, 401, "UNAUTHORIZED");
}

function token({ options }: State, request: IncomingMessage, response: ServerResponse): ServerResponse {
  if (!isOurs(options, request.headers.authorization ?? "")) return deny(response, 401, "UNAUTHORIZED");
  return response.end(JSON.stringify({ token: "good" }));
}

function deny(response: ServerResponse, status: number, code: string): ServerResponse {
  return response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: "told to" }] }));
}

function manifests(state: State, call: Call, response: ServerResponse): ServerResponse {
  if (call.method === "PUT") return putManifest(state, call, response);
  const digest = state.tags.get(call.key) ?? call.key;
  const found = state.manifests.get(digest);
  if (found === undefined) return deny(response, 404, "MANIFEST_UNKNOWN");
  const bytes = state.options.corrupt === true ? Buffer.from("{}") : found.bytes;
  response.writeHead(200, {
    "content-type": found.type,
    "docker-content-digest": digest,
    "content-length": bytes.length,
  });
  return response.end(call.method === "HEAD" ? undefined : bytes);
}

function putManifest(state: State, call: Call, response: ServerResponse): ServerResponse {
  const digest = digestOfBytes(call.body);
  state.manifests.set(digest, { type: call.type, bytes: call.body });
  if (!call.key.startsWith("sha256:") && state.options.stuckTags !== true) state.tags.set(call.key, digest);
  return response.writeHead(201, { "docker-content-digest": digest }).end();
}

function blobs({ blobs: kept }: State, call: Call, response: ServerResponse): ServerResponse {
  const found = kept.get(call.key);
  if (found === undefined) return deny(response, 404, "BLOB_UNKNOWN");
  response.writeHead(200, { "content-length": found.length });
  return response.end(call.method === "HEAD" ? undefined : found);
}

function uploads(state: State, call: Call, response: ServerResponse): ServerResponse {
  const location = `${call.url.pathname}${call.method === "POST" ? crypto.randomUUID() : ""}`;
  if (call.method === "POST") return response.writeHead(202, { location }).end();
  if (call.method === "DELETE") return response.writeHead(204).end();
  if (call.method === "PATCH") {
    if (state.busyLeft-- > 0) return deny(response, 503, "BUSY");
    state.uploads.set(call.key, call.body);
    return response.writeHead(202, { location }).end();
  }
  const bytes = state.uploads.get(call.key) ?? Buffer.alloc(0);
  const wanted = call.url.searchParams.get("digest") ?? "";
  if (digestOfBytes(bytes) !== wanted) return deny(response, 400, "DIGEST_INVALID");
  state.blobs.set(wanted, bytes);
  return response.writeHead(201).end();
}
