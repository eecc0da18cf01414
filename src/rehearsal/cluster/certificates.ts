import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustSucceed, shell } from "../../platform/shell.ts";

export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

/** Paths of the key pairs of one world; each is made new and dies with the run folder. */
export interface Certificates {
  readonly authority: KeyPair;
  readonly authorityPem: string;
  readonly apiServer: KeyPair;
  readonly kubelet: KeyPair;
  readonly kubeletClient: KeyPair;
  readonly issuer: KeyPair;
  readonly serviceAccount: { readonly key: string; readonly publicKey: string };
}

interface Leaf {
  readonly name: string;
  readonly subject: string;
  readonly names: string;
}

/** Makes the certificate authority of a world and everything it signs. */
export async function makeCertificates(folder: string, nodeAddress: string): Promise<Certificates> {
  const config = join(folder, "openssl.cnf");
  // Without a configuration of our own, openssl would add the extensions of an authority to every leaf.
  await writeFile(config, "[req]\ndistinguished_name = dn\n[dn]\n");
  const authority = await makeAuthority(folder, config);
  const sign = (leaf: Leaf) => makeLeaf({ folder, config, authority }, leaf);
  const local = "DNS:localhost,IP:127.0.0.1";
  const [apiServer, kubelet, kubeletClient, issuer] = await Promise.all([
    sign({
      name: "apiserver",
      subject: "/CN=kube-apiserver",
      names: `${local},IP:${nodeAddress},IP:10.96.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc`,
    }),
    sign({ name: "kubelet", subject: "/CN=sluice", names: `${local},IP:${nodeAddress}` }),
    sign({ name: "kubelet-client", subject: "/O=system:masters/CN=kube-apiserver", names: local }),
    sign({ name: "issuer", subject: "/CN=sluice issuer", names: local }),
  ]);
  return {
    authority,
    authorityPem: await readFile(authority.certificate, "utf8"),
    apiServer,
    kubelet,
    kubeletClient,
    issuer,
    serviceAccount: await makeServiceAccountKey(folder),
  };
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];

async function makeAuthority(folder: string, config: string): Promise<KeyPair> {
  const pair = { key: join(folder, "ca.key"), certificate: join(folder, "ca.crt") };
  await mustSucceed(shell, "openssl", [
    ...["req", "-x509", "-config", config, ...newKey, "-subj", "/CN=sluice rehearsal"],
    ...["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ...["-addext", "subjectKeyIdentifier=hash", "-keyout", pair.key, "-out", pair.certificate],
  ]);
  return pair;
}

async function makeLeaf(
  by: { readonly folder: string; readonly config: string; readonly authority: KeyPair },
  leaf: Leaf,
): Promise<KeyPair> {
  const pair = { key: join(by.folder, `${leaf.name}.key`), certificate: join(by.folder, `${leaf.name}.crt`) };
  await mustSucceed(shell, "openssl", [
    ...["req", "-x509", "-config", by.config, ...newKey, "-subj", leaf.subject],
    ...["-CA", by.authority.certificate, "-CAkey", by.authority.key],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", `subjectAltName=${leaf.names}`],
    ...["-addext", "extendedKeyUsage=serverAuth,clientAuth", "-addext", "authorityKeyIdentifier=keyid"],
    ...["-keyout", pair.key, "-out", pair.certificate],
  ]);
  return pair;
}

async function makeServiceAccountKey(folder: string) {
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const paths = { key: join(folder, "service-account.key"), publicKey: join(folder, "service-account.pub") };
  await writeFile(paths.key, pair.privateKey, { mode: 0o600 });
  await writeFile(paths.publicKey, pair.publicKey);
  return paths;
}
