import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, messageOf } from "../core/errors.ts";
import { isRecord, listAt, textAt } from "../core/json.ts";
import type { ActionContext } from "./action.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { readPem } from "./pem-input.ts";
import { parseYamlInput } from "./yaml.ts";

/** A kubeconfig that is valid until it is stopped. */
export interface Credentials {
  readonly path: string;
  readonly stop: () => void;
}

/** Writes the kubeconfig of an access into the folder, and keeps its token alive. */
export async function prepareCredentials(
  context: ActionContext,
  access: ClusterAccess,
  folder: string,
): Promise<Credentials> {
  const path = join(folder, "kubeconfig");
  switch (access.kind) {
    case "ambient":
      await writePrivate(path, await withContext(await readAmbient(access.path), access.context));
      return { path, stop: () => undefined };
    case "kubeconfig": {
      const text = await contentOf(access.kubeconfig);
      for (const secret of secretsOf(text)) context.mask(secret);
      await writePrivate(path, await withContext(text, access.context));
      return { path, stop: () => undefined };
    }
    case "oidc": {
      const token = join(folder, "token");
      await renewToken(context, access.audience, token);
      await writePrivate(path, await oidcKubeconfig(access, token));
      return { path, stop: keepRenewing(context, access.audience, token) };
    }
  }
}

async function readAmbient(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(`KUBECONFIG must name a file that can be read: ${messageOf(error)}`);
  }
}

/** The input holds either the kubeconfig itself, as a secret does, or the path of one. */
async function contentOf(input: string): Promise<string> {
  if (/[\n{]|^apiVersion:/.test(input)) return input;
  try {
    return await readFile(input, "utf8");
  } catch {
    throw new ConfigError(
      `Input "kubeconfig" must be a kubeconfig or the path of one: nothing can be read at "${input}"`,
    );
  }
}

/** Tokens, keys and passwords that stand in a kubeconfig. */
function secretsOf(kubeconfig: string): readonly string[] {
  const found = kubeconfig.matchAll(/"?(?:token|password|client-key-data)"?:\s*["']?([^\s"',}]+)/g);
  return [...found].flatMap(([, secret]) => (secret === undefined ? [] : [secret]));
}

// kubectl and helm name the context by different flags, so the file itself says it.
async function withContext(kubeconfig: string, context: string | undefined): Promise<string> {
  if (context === undefined) return kubeconfig;
  const document = await parseYamlInput("kubeconfig", kubeconfig);
  if (!isRecord(document) || !listAt(document, "contexts").some((one) => textAt(one, "name") === context))
    throw new ConfigError(`Input "context" must name a context of the kubeconfig: got "${context}"`);
  return JSON.stringify({ ...document, "current-context": context });
}

async function oidcKubeconfig(
  access: { readonly server: string; readonly certificateAuthority?: string },
  tokenFile: string,
): Promise<string> {
  const ca = access.certificateAuthority;
  const pem = ca === undefined ? undefined : await readPem("certificate-authority", ca, "certificate");
  const authority =
    pem === undefined ? {} : { "certificate-authority-data": Buffer.from(pem).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "cluster", cluster: { server: access.server, ...authority } }],
    users: [{ name: "run", user: { tokenFile } }],
    contexts: [{ name: "run", context: { cluster: "cluster", user: "run" } }],
    "current-context": "run",
  });
}

const renewEveryMs = 120_000;
const retryAfterMs = 10_000;

// An ID token lives five minutes and cannot be extended; kubectl and helm read the file again.
function keepRenewing(context: ActionContext, audience: string, path: string): () => void {
  let timer: NodeJS.Timeout;
  const renewLater = (afterMs: number) => {
    timer = setTimeout(() => {
      renewToken(context, audience, path).then(
        () => renewLater(renewEveryMs),
        (error: unknown) => {
          context.runner.annotate({ level: "warning", message: `ID token not renewed: ${messageOf(error)}` });
          renewLater(retryAfterMs);
        },
      );
    }, afterMs);
    timer.unref();
  };
  renewLater(renewEveryMs);
  return () => clearTimeout(timer);
}

async function renewToken(context: ActionContext, audience: string, path: string): Promise<void> {
  const token = await context.runner.idToken(audience);
  context.mask(token);
  await writePrivate(`${path}.new`, token);
  await rename(`${path}.new`, path);
}

async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
}
