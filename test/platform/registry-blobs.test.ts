import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDigest } from "../../src/domain/image/digest.ts";
import { parseReference } from "../../src/domain/image/reference.ts";
import { http } from "../../src/platform/http.ts";
import { downloadBlob } from "../../src/platform/registry-blobs.ts";
import { openSession } from "../../src/platform/registry-session.ts";
import { startBlobRegistry } from "../fakes/blob-registry.ts";

const large = Buffer.alloc(33 * 1024 * 1024, "sluice");

test.each([
  { ranges: true, requests: 2 },
  { ranges: false, requests: 1 },
])("downloadBlob() gets a large blob when ranges are served: $ranges", async ({ ranges, requests }) => {
  const registry = await startBlobRegistry({ ranges });
  const path = join(mkdtempSync(join(tmpdir(), "sluice-blob-")), "blob");
  const { digest, size } = registry.addBlob(large);
  const reference = parseReference(`${registry.host}/acme/web`);
  const session = openSession(reference, { http, credentials: async () => undefined, right: "pull" });
  try {
    await downloadBlob(session, { digest: parseDigest(digest), size, path });
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(registry.asked).toHaveLength(requests);
    const cut = downloadBlob(session, { digest: parseDigest(digest), size: size - 1, path: `${path}-2` });
    await expect(cut).rejects.toThrow(ranges ? /answered sha256:\w+ when asked for/ : /more than/);
  } finally {
    registry.close();
  }
});
