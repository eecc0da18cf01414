import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeCertificates } from "../../../src/rehearsal/cluster/certificates.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

test.skipIf(!hasOpenssl)(
  "makeCertificates() signs leaves for their addresses that are no authorities",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-certificates-"));
    const made = await makeCertificates(folder, "10.98.0.1");
    const authority = new X509Certificate(made.authorityPem);
    expect(authority.ca).toBe(true);
    for (const pair of [made.apiServer, made.kubelet, made.kubeletClient, made.issuer]) {
      const leaf = new X509Certificate(await readFile(pair.certificate));
      expect(leaf.verify(authority.publicKey)).toBe(true);
      expect(leaf.ca).toBe(false);
      expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
    }
    const server = new X509Certificate(await readFile(made.apiServer.certificate));
    expect(server.checkIP("10.98.0.1")).toBe("10.98.0.1");
    await rm(folder, { recursive: true });
  },
);
