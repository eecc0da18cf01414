import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readSource } from "../../../src/actions/canary-analyze/source-inputs.ts";
import { type Certificates, makeCertificates } from "../../../src/rehearsal/cluster/certificates.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const base = { "prometheus-url": "https://prometheus.example.com:9090/" };
const read = (given: Readonly<Record<string, string>>) => readSource(fakeRunner("canary-analyze", given));
const accessOf = async (given: Readonly<Record<string, string>>) => {
  const source = await read({ ...base, ...given });
  return source.kind === "prometheus" ? source.access : expect.unreachable();
};

const folder = mkdtempSync(join(tmpdir(), "sluice-source-"));
const tokenFile = join(folder, "token");
writeFileSync(tokenFile, "fresh\n");
let certificates: Certificates;
const pem = (path: string) => readFileSync(path, "utf8");
beforeAll(async () => {
  certificates = await makeCertificates(folder, "127.0.0.1");
});

describe("readSource()", () => {
  test("takes a file of series in place of a store", async () => {
    expect(await read({ series: "series.json" })).toEqual({ kind: "series", path: "series.json" });
  });

  test("asks without credentials unless it is given some", async () => {
    expect(await accessOf({})).toEqual({
      url: "https://prometheus.example.com:9090",
      headers: {},
      secrets: [],
    });
  });

  test.each([
    { prefix: "/prometheus", url: "https://prometheus.example.com:9090/prometheus" },
    { prefix: "api/prom/", url: "https://prometheus.example.com:9090/api/prom" },
    {
      prefix: "/v1/projects/web-1/location/global/prometheus",
      url: "https://prometheus.example.com:9090/v1/projects/web-1/location/global/prometheus",
    },
  ])("adds the prefix $prefix", async ({ prefix, url }) => {
    expect(await accessOf({ "prometheus-path-prefix": prefix })).toMatchObject({ url });
  });

  test("makes headers of token, login, tenant and headers, and knows their secrets", async () => {
    expect(await accessOf({ "prometheus-token": "abc.def" })).toMatchObject({
      headers: { authorization: "Bearer abc.def" },
      secrets: ["abc.def"],
    });
    const login = Buffer.from("12345:pass:word").toString("base64");
    expect(
      await accessOf({ "prometheus-username": "12345", "prometheus-password": "pass:word" }),
    ).toMatchObject({
      headers: { authorization: `Basic ${login}` },
      secrets: ["pass:word", login],
    });
    const headers = "{X-Gateway-Key: seven, X-Shard: 3}";
    expect(await accessOf({ "prometheus-headers": headers, "prometheus-tenant": "a|b" })).toMatchObject({
      headers: { "X-Gateway-Key": "seven", "X-Shard": "3", "x-scope-orgid": "a|b" },
      secrets: ["seven", "3"],
    });
    expect(await accessOf({ "prometheus-token-file": tokenFile })).toMatchObject({ tokenFile, headers: {} });
  });

  test("reads certificates as PEM, base64 and path, and takes the key for a secret", async () => {
    const { kubeletClient, authorityPem } = certificates;
    const access = await accessOf({
      "prometheus-certificate-authority": Buffer.from(authorityPem).toString("base64"),
      "prometheus-client-certificate": pem(kubeletClient.certificate),
      "prometheus-client-key": kubeletClient.key,
    });
    expect(access.tls).toEqual({
      authority: authorityPem,
      client: { certificate: pem(kubeletClient.certificate).trim(), key: pem(kubeletClient.key) },
    });
    expect(access.secrets).toEqual([pem(kubeletClient.key)]);
  });
});
