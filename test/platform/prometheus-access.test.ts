import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { openPrometheus, type PrometheusAccess } from "../../src/platform/prometheus-access.ts";
import { checkClientCertificate } from "../../src/platform/tls-send.ts";
import { type Certificates, makeCertificates } from "../../src/rehearsal/cluster/certificates.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serve = async (listener: RequestListener) => `http://127.0.0.1:${await listen(createServer(listener))}`;

const good = JSON.stringify({ status: "success", data: { resultType: "matrix", result: [] } });
const span = { startMs: 1000, endMs: 2000 };
const answering: RequestListener = (_request, response) =>
  response.writeHead(200, { "content-type": "application/json" }).end(good);

/** Asks once, and tells what the server was sent. */
async function headersSent(access: Partial<PrometheusAccess>): Promise<IncomingHttpHeaders> {
  let seen: IncomingHttpHeaders = {};
  const url = await serve((request, response) => {
    seen = request.headers;
    answering(request, response);
  });
  await openPrometheus({ url, headers: {}, secrets: [], ...access }, () => undefined).samples("up{}", span);
  return seen;
}

async function failureOf(asking: Promise<unknown>): Promise<string> {
  return String(
    await asking.then(
      () => "no failure",
      (thrown: unknown) => thrown,
    ),
  );
}

describe("openPrometheus()", () => {
  test("sends its headers with every query, and masks what is secret", async () => {
    const headers = {
      authorization: "Bearer hunter2",
      "x-scope-orgid": "team-a|team-b",
      "x-gateway": "seven",
    };
    expect(await headersSent({ headers })).toMatchObject(headers);
    const masked: string[] = [];
    openPrometheus({ url: "http://prometheus", headers, secrets: ["hunter2", "seven"] }, (one) =>
      masked.push(one),
    );
    expect(masked).toEqual(["hunter2", "seven"]);
  });

  test("reads the token's file again for every query, and masks each token", async () => {
    const tokenFile = join(mkdtempSync(join(tmpdir(), "sluice-token-")), "token");
    const [seen, masked]: [(string | undefined)[], string[]] = [[], []];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      answering(request, response);
    });
    const source = openPrometheus({ url, headers: {}, secrets: [], tokenFile }, (one) => masked.push(one));
    writeFileSync(tokenFile, "first\n");
    await source.samples("up{}", span);
    writeFileSync(tokenFile, "second\n");
    await source.samples("up{}", span);
    expect(seen).toEqual(["Bearer first", "Bearer second"]);
    expect(masked).toEqual(["first", "second"]);
    writeFileSync(tokenFile, "two words");
    expect(await failureOf(source.samples("up{}", span))).toMatch(/must be one word of plain characters$/);
  });

  test.each([301, 302, 307, 308])(
    "follows no redirect (%d), so that no other host sees a secret",
    async (status) => {
      let asked = 0;
      const other = await serve((request, response) => {
        asked++;
        answering(request, response);
      });
      const url = await serve((_request, response) =>
        response
          .writeHead(status, { location: `${other.replace("127.0.0.1", "localhost")}/login?from=prometheus` })
          .end(),
      );
      const headers = { authorization: "Bearer hunter2", "x-key": "hunter3" };
      const source = openPrometheus({ url, headers, secrets: ["hunter2", "hunter3"] }, () => undefined);
      const failure = await failureOf(source.samples("up{}", span));
      expect(failure).toMatch(
        /answered 30\d and sends to http:\/\/localhost:\d+\/login: is it behind a login page$/,
      );
      expect(asked).toBe(0);
    },
  );

  test("says nothing of a secret that the server tells back", async () => {
    const url = await serve((request, response) => {
      const error = `token ${request.headers.authorization} and key ${request.headers["x-key"]} are refused`;
      const text = JSON.stringify({ status: "error", errorType: "bad_data", error });
      response.writeHead(400, { "content-type": "application/json" }).end(text);
    });
    const headers = { authorization: "Bearer hunter2", "x-key": "hunter3" };
    const source = openPrometheus({ url, headers, secrets: ["hunter2", "hunter3"] }, () => undefined);
    const failure = await failureOf(source.samples("up{}", span));
    expect(failure).toMatch(/token Bearer \*\*\* and key \*\*\* are refused/);
  });
});

describe("over TLS", () => {
  let certificates: Certificates;
  const pem = async (path: string) => readFile(path, "utf8");
  beforeAll(async () => {
    certificates = await makeCertificates(mkdtempSync(join(tmpdir(), "sluice-tls-")), "127.0.0.1");
  });

  async function serveTls(asksForClient: boolean) {
    const { apiServer, authorityPem } = certificates;
    const options = {
      key: await pem(apiServer.key),
      cert: await pem(apiServer.certificate),
      ca: authorityPem,
      requestCert: asksForClient,
      rejectUnauthorized: asksForClient,
    };
    return `https://127.0.0.1:${await listen(createTlsServer(options, answering))}`;
  }

  const clientOf = async () => ({
    certificate: await pem(certificates.kubeletClient.certificate),
    key: await pem(certificates.kubeletClient.key),
  });

  const open = (url: string, tls: PrometheusAccess["tls"]) =>
    openPrometheus({ url, headers: {}, secrets: [], ...(tls === undefined ? {} : { tls }) }, () => undefined);

  test("shows its certificate to a server that wants one", async () => {
    const tls = { authority: certificates.authorityPem, client: await clientOf() };
    expect(await open(await serveTls(true), tls).samples("up{}", span)).toEqual([]);
  });

  test("trusts a server of the given authority alone", async () => {
    const url = await serveTls(false);
    expect(await open(url, { authority: certificates.authorityPem }).samples("up{}", span)).toEqual([]);
    const failure = await failureOf(open(url, undefined).samples("up{}", span));
    expect(failure).toMatch(
      /^OutsideError: GET https:\/\/127\.0\.0\.1:\d+\/api\/v1\/query got no answer: .*certificate/,
    );
  });

  test("gets no answer without the certificate that a server wants", async () => {
    const url = await serveTls(true);
    const failure = await failureOf(
      open(url, { authority: certificates.authorityPem }).samples("up{}", span),
    );
    expect(failure).toMatch(/got no answer: /);
  });

  test("refuses a pair that does not belong together, a certificate that has ended, and a key with a passphrase", async () => {
    const inputs = { certificate: "prometheus-client-certificate", key: "prometheus-client-key" };
    const client = await clientOf();
    const now = new Date();
    expect(() => checkClientCertificate(client, inputs, now)).not.toThrow();
    const other = { ...client, key: await pem(certificates.apiServer.key) };
    expect(() => checkClientCertificate(other, inputs, now)).toThrow(
      'Inputs "prometheus-client-certificate" and "prometheus-client-key" must belong together',
    );
    expect(() => checkClientCertificate(client, inputs, new Date("2199-01-01"))).toThrow(
      /Input "prometheus-client-certificate" must be valid: the certificate ended on/,
    );
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const encrypted = privateKey.export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "hunter2",
    });
    const locked = { ...client, key: String(encrypted) };
    expect(() => checkClientCertificate(locked, inputs, now)).toThrow(
      'Input "prometheus-client-key" must be a private key that can be read without a passphrase',
    );
  });
});
