import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, OutsideError } from "../core/errors.ts";
import { at, isRecord, textAt } from "../core/json.ts";
import type { InputReader, Runner } from "./github-runner.ts";
import { optional } from "./inputs.ts";
import { describeFailure, type Shell } from "./shell.ts";

export type Credentials =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** A refresh token that is exchanged for access tokens, as some clouds hand it out. */
  | { readonly kind: "identity"; readonly token: string };

/** Credentials for a registry host, or undefined: speak to it as nobody. */
export type CredentialsFor = (host: string) => Promise<Credentials | undefined>;

type Env = Readonly<Record<string, string | undefined>>;

/** Reads `registry-username` and `registry-password`: both or neither. */
export function readRegistryLogin(inputs: InputReader): Credentials | undefined {
  const user = optional(inputs, "registry-username");
  const password = optional(inputs, "registry-password");
  if (user === undefined && password === undefined) return undefined;
  if (user === undefined)
    throw new ConfigError('Input "registry-username" is required with "registry-password"');
  if (password === undefined)
    throw new ConfigError('Input "registry-password" is required with "registry-username"');
  return { kind: "password", user, password };
}

export interface CredentialSources {
  readonly runner: Pick<Runner, "env">;
  readonly shell: Shell;
  /** A login given to the action, and the one host it is for. */
  readonly login?: Credentials | undefined;
  readonly host: string;
}

/** Credentials from the login given, which goes to its own host only, else from the machine's auth files. */
export function credentialsFrom(sources: CredentialSources): CredentialsFor {
  const { login, host: own, runner, shell } = sources;
  return async (host) => {
    if (login !== undefined && host === own) return login;
    for (const path of authFiles(runner.env)) {
      const found = await fromAuthFile(path, host, shell);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The auth files that docker, podman and buildah write, in the order in which they are asked. */
export function authFiles(env: Env): readonly string[] {
  const home = env.HOME ?? "/root";
  return [
    env.REGISTRY_AUTH_FILE,
    join(env.XDG_RUNTIME_DIR ?? "/run/user/0", "containers", "auth.json"),
    join(env.DOCKER_CONFIG ?? join(home, ".docker"), "config.json"),
  ].filter((path): path is string => path !== undefined && path !== "");
}

/** The document of an auth file, or undefined when there is none; one that cannot be read as JSON is refused. */
export async function readAuthFile(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    const document: unknown = JSON.parse(text);
    if (isRecord(document)) return document;
  } catch {
    // The sentence below says what matters; a parser's message could quote a password.
  }
  throw new OutsideError(`Registry auth file ${path} could not be read: it is not a JSON object`);
}

async function fromAuthFile(path: string, host: string, shell: Shell): Promise<Credentials | undefined> {
  const document = await readAuthFile(path);
  if (document === undefined) return undefined;
  const helper = textAt(document, "credHelpers", host) ?? textAt(document, "credsStore");
  for (const name of namesOf(host)) {
    const entry = at(document, "auths", name);
    const found = fromEntry(entry);
    if (found !== undefined) return found;
  }
  return helper === undefined || helper === "" ? undefined : fromHelper(helper, host, shell);
}

/** Docker Hub goes by an old name in auth files; other hosts may stand there with scheme and path. */
function namesOf(host: string): readonly string[] {
  const hub =
    host === "docker.io" ? ["https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io"] : [];
  return [...hub, host, `https://${host}`, `https://${host}/v2/`, `https://${host}/v1/`];
}

function fromEntry(entry: unknown): Credentials | undefined {
  const identity = textAt(entry, "identitytoken");
  if (identity !== undefined && identity !== "") return { kind: "identity", token: identity };
  const [user, ...password] = Buffer.from(textAt(entry, "auth") ?? "", "base64")
    .toString("utf8")
    .split(":");
  if (user === undefined || user === "" || password.length === 0) return undefined;
  return { kind: "password", user, password: password.join(":") };
}

async function fromHelper(helper: string, host: string, shell: Shell): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const server = host === "docker.io" ? "https://index.docker.io/v1/" : host;
  const ran = await shell(program, ["get"], { stdin: server, timeoutMs: 30_000 });
  if (ran.exitCode !== 0 && /credentials not found/i.test(ran.stdout + ran.stderr)) return undefined;
  if (ran.exitCode !== 0) throw new OutsideError(describeFailure(program, ["get"], ran));
  return parseHelperAnswer(program, ran.stdout);
}

function parseHelperAnswer(program: string, text: string): Credentials | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const user = textAt(answer, "Username");
    const secret = textAt(answer, "Secret");
    if (user === undefined || secret === undefined || secret === "") return undefined;
    // The name that credential helpers give to a refresh token.
    return user === "<token>"
      ? { kind: "identity", token: secret }
      : { kind: "password", user, password: secret };
  } catch {
    // A parser's message would quote the answer, which may hold the secret.
    throw new OutsideError(`${program} get answered something that is not JSON`);
  }
}
