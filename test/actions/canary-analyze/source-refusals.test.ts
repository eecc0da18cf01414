import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSource } from "../../../src/actions/canary-analyze/source-inputs.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { makeCertificates } from "../../../src/rehearsal/cluster/certificates.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const base = { "prometheus-url": "https://prometheus.example.com:9090/" };
const read = (given: Readonly<Record<string, string>>) => readSource(fakeRunner("canary-analyze", given));
const folder = mkdtempSync(join(tmpdir(), "sluice-source-"));
const tokenFile = join(folder, "token");
writeFileSync(tokenFile, "fresh\n");

describe("readSource()", () => {
  const series = { series: "series.json" };
  const secret = "hunter2";
  test.each<{ name: string; given: Readonly<Record<string, string>>; says: string }>([
    { name: "neither", given: {}, says: 'Input "prometheus-url" or "series" is required: got neither' },
    {
      name: "both",
      given: { ...base, ...series },
      says: 'Inputs "prometheus-url" and "series" exclude each other',
    },
    {
      name: "a file with a token",
      given: { ...series, "prometheus-token": secret },
      says: 'Input "prometheus-token" needs "prometheus-url": got "series"',
    },
    {
      name: "a file with a tenant",
      given: { ...series, "prometheus-tenant": "a" },
      says: 'Input "prometheus-tenant" needs "prometheus-url"',
    },
    {
      name: "a text with a login that is no URL",
      given: { "prometheus-url": `user:${secret}@prometheus` },
      says: 'Input "prometheus-url" must be an http or https URL: got a text with an @',
    },
    {
      name: "an address with its path of queries",
      given: { "prometheus-url": "http://prometheus/api/v1/query" },
      says: 'Input "prometheus-url" must end before /api/v1, which is added',
    },
    {
      name: "a prefix with its path of queries",
      given: { ...base, "prometheus-path-prefix": "/prometheus/api/v1" },
      says: 'Input "prometheus-path-prefix" must be a path such as /prometheus',
    },
    {
      name: "a prefix with a query",
      given: { ...base, "prometheus-path-prefix": "/prometheus?x=1" },
      says: 'Input "prometheus-path-prefix" must be a path',
    },
    {
      name: "token and login",
      given: {
        ...base,
        "prometheus-token": secret,
        "prometheus-username": "a",
        "prometheus-password": secret,
      },
      says: 'Inputs "prometheus-token" and "prometheus-username" exclude each other: got both',
    },
    {
      name: "token and token's file",
      given: { ...base, "prometheus-token": secret, "prometheus-token-file": tokenFile },
      says: 'Inputs "prometheus-token" and "prometheus-token-file" exclude each other: got both',
    },
    {
      name: "a token with its word",
      given: { ...base, "prometheus-token": `Bearer ${secret}` },
      says: 'Input "prometheus-token" must be the token alone: got the word Bearer before it',
    },
    {
      name: "a token of two lines",
      given: { ...base, "prometheus-token": `${secret}\n${secret}` },
      says: 'Input "prometheus-token" must be one word of plain characters',
    },
    {
      name: "a token's file that is not there",
      given: { ...base, "prometheus-token-file": "/nowhere/token" },
      says: 'Input "prometheus-token-file" must name a file with a token',
    },
    {
      name: "a name without password",
      given: { ...base, "prometheus-username": "a" },
      says: 'Input "prometheus-username" needs "prometheus-password": got no password',
    },
    {
      name: "a password without name",
      given: { ...base, "prometheus-password": secret },
      says: 'Input "prometheus-password" needs "prometheus-username": got no name',
    },
    {
      name: "a name with a colon",
      given: { ...base, "prometheus-username": "a:b", "prometheus-password": secret },
      says: 'Input "prometheus-username" must not hold a colon',
    },
    {
      name: "a tenant of two words",
      given: { ...base, "prometheus-tenant": "team a" },
      says: 'Input "prometheus-tenant" must be one word of plain characters',
    },
    {
      name: "headers that are a list",
      given: { ...base, "prometheus-headers": `[${secret}]` },
      says: 'Input "prometheus-headers" must be a YAML mapping',
    },
    {
      name: "headers that are no YAML",
      given: { ...base, "prometheus-headers": `X-Key: "${secret}` },
      says: 'Input "prometheus-headers" must be a YAML mapping',
    },
    {
      name: "a header's name with a blank",
      given: { ...base, "prometheus-headers": `{"${secret} x": a}` },
      says: 'Input "prometheus-headers" must have names of headers',
    },
    {
      name: "a header of two lines",
      given: { ...base, "prometheus-headers": `X-Key: "${secret}\\nHost: evil"` },
      says: 'Input "prometheus-headers" must give X-Key one line of plain characters',
    },
    {
      name: "a header that is a mapping",
      given: { ...base, "prometheus-headers": `X-Key: {a: ${secret}}` },
      says: 'Input "prometheus-headers" must give X-Key one line of plain characters',
    },
    {
      name: "a header of the request's own",
      given: { ...base, "prometheus-headers": "host: other" },
      says: 'Input "prometheus-headers" must not set host',
    },
    {
      name: "two authorizations",
      given: { ...base, "prometheus-token": secret, "prometheus-headers": "AUTHORIZATION: Basic x" },
      says: 'Inputs "prometheus-token" and "prometheus-headers" must not both authorize',
    },
    {
      name: "two tenants",
      given: { ...base, "prometheus-tenant": "a", "prometheus-headers": "X-Scope-OrgID: b" },
      says: 'Inputs "prometheus-tenant" and "prometheus-headers" must not both name the tenant',
    },
    {
      name: "a certificate without key",
      given: { ...base, "prometheus-client-certificate": "x" },
      says: 'Input "prometheus-client-certificate" needs "prometheus-client-key": got no key',
    },
    {
      name: "a key without certificate",
      given: { ...base, "prometheus-client-key": secret },
      says: 'Input "prometheus-client-key" needs "prometheus-client-certificate": got no certificate',
    },
    {
      name: "a certificate over http",
      given: {
        "prometheus-url": "http://p",
        "prometheus-client-certificate": "x",
        "prometheus-client-key": secret,
      },
      says: 'Input "prometheus-client-certificate" needs an https address in "prometheus-url": got "http://p"',
    },
    {
      name: "an authority over http",
      given: { "prometheus-url": "http://p", "prometheus-certificate-authority": "x" },
      says: 'Input "prometheus-certificate-authority" needs an https address',
    },
    {
      name: "an authority that is none",
      given: { ...base, "prometheus-certificate-authority": "/nowhere/ca.crt" },
      says: 'Input "prometheus-certificate-authority" must be a PEM certificate, base64 of one, or the path of one',
    },
    {
      name: "an authority that is broken",
      given: {
        ...base,
        "prometheus-certificate-authority": "-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\n",
      },
      says: 'Input "prometheus-certificate-authority" must be a PEM certificate that can be read',
    },
  ])("refuses $name, and quotes no secret", async ({ given, says }) => {
    const error: unknown = await read(given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toContain(says);
    expect((error as ConfigError).message).not.toContain(secret);
  });

  test("refuses a key that is none, and does not quote it", async () => {
    const certificates = await makeCertificates(folder, "127.0.0.1");
    const given = {
      ...base,
      "prometheus-client-certificate": certificates.kubeletClient.certificate,
      "prometheus-client-key": `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
    };
    const error: unknown = await read(given).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/"prometheus-client-key" must be a private key that can be read/);
    expect(String(error)).not.toContain(secret);
  });
});
