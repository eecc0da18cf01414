import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A read-only registry that knows the blobs and manifests it was given, and answers ranges as real ones do. */
export interface BlobRegistry {
  readonly host: string;
  readonly asked: readonly string[];
  addBlob(content: Uint8Array): { readonly digest: string; readonly size: number };
  addManifest(document: object): string;
  /** From now on the bytes of that digest are others. */
  tamper(digest: string): void;
  close(): void;
}

export async function startBlobRegistry(options: { readonly ranges: boolean }): Promise<BlobRegistry> {
  const kept = new Map<string, { content: Uint8Array; type: string }>();
  const asked: string[] = [];
  const add = (content: Uint8Array, type: string) => {
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    kept.set(digest, { content, type });
    return digest;
  };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.range ?? ""}`.trim());
    const digest = request.url?.split("/").at(-1) ?? "";
    const found = kept.get(digest);
    if (found === undefined) return response.writeHead(404).end();
    response.setHeader("content-type", found.type);
    answer(request, response, found.content);
    return undefined;
  });
  const answer = (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    if (!options.ranges || first === undefined) return response.end(content);
    return response.writeHead(206).end(content.subarray(Number(first), Number(last) + 1));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    addBlob: (content) => ({ digest: add(content, "application/octet-stream"), size: content.length }),
    addManifest: (document) => {
      const type = "application/vnd.oci.image.manifest.v1+json";
      return add(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, ...document })), type);
    },
    tamper: (digest) => {
      const found = kept.get(digest);
      if (found !== undefined) found.content = Uint8Array.from(found.content, (byte) => byte ^ 1);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An image of one layer, without a byte that matters. */
export function addImage(registry: BlobRegistry, layerText: string): { digest: string; layer: string } {
  const config = registry.addBlob(Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64" })));
  const layer = registry.addBlob(Buffer.from(layerText));
  const digest = registry.addManifest({
    config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
    layers: [{ ...layer, mediaType: "application/vnd.oci.image.layer.v1.tar" }],
  });
  return { digest, layer: layer.digest };
}
