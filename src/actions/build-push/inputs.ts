import { ConfigError } from "../../core/errors.ts";
import { type ImageDigest, isDigest } from "../../domain/image/digest.ts";
import { parsePairs } from "../../domain/image/pairs.ts";
import { type ImageReference, isTag, parseReference } from "../../domain/image/reference.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { lines, list, optional, required } from "../../platform/inputs.ts";
import { type Credentials, readRegistryLogin } from "../../platform/registry-auth.ts";

/** Build an image and push it by digest, or tag a digest that has been judged. Never both in one step. */
export type BuildPushInputs = BuildInputs | TagInputs;

export interface BuildInputs {
  readonly kind: "build";
  readonly image: ImageReference;
  readonly context: string;
  readonly file?: string | undefined;
  readonly target?: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  readonly login?: Credentials | undefined;
}

export interface TagInputs {
  readonly kind: "tag";
  readonly image: ImageReference;
  readonly digest: ImageDigest;
  readonly tags: readonly string[];
  /** Paths and globs. */
  readonly evidence: readonly string[];
  readonly require: readonly string[];
  readonly login?: Credentials | undefined;
}

export function readInputs(inputs: InputReader): BuildPushInputs {
  const image = readImage(inputs);
  const login = readRegistryLogin(inputs);
  const build = readBuild(inputs);
  const tags = readTags(inputs);
  const digest = optional(inputs, "digest");
  const evidence = lines(inputs, "evidence");
  const require = list(inputs, "require");
  if (digest === undefined) {
    refuse("digest", { tags, evidence, require });
    return { kind: "build", image, login, ...build };
  }
  if (!isDigest(digest)) {
    throw new ConfigError(`Input "digest" must be sha256: and 64 hex digits: got "${digest}"`);
  }
  refuseBuild(build);
  if (tags.length === 0) throw new ConfigError('Input "tags" is required with "digest": got nothing');
  return { kind: "tag", image, login, digest, tags, evidence, require };
}

function readImage(inputs: InputReader): ImageReference {
  const text = required(inputs, "image");
  const image = parseReference(text);
  if (image.tag === undefined && image.digest === undefined) return image;
  throw new ConfigError(
    `Input "image" must be a name without tag or digest, which have inputs of their own: got "${text}"`,
  );
}

function readBuild(inputs: InputReader) {
  return {
    context: required(inputs, "context"),
    file: optional(inputs, "file"),
    target: optional(inputs, "target"),
    buildArgs: parsePairs(lines(inputs, "build-args"), { input: "build-args", key: /^[A-Za-z_]\w*$/ }),
    labels: parsePairs(lines(inputs, "labels"), { input: "labels", key: /^[A-Za-z0-9][\w./-]*$/ }),
    secrets: readSecrets(inputs),
  };
}

function readSecrets(inputs: InputReader): ReadonlyMap<string, string> {
  const rule = { input: "secrets", key: /^[\w.-]+$/, isSecret: true };
  const secrets = parsePairs(lines(inputs, "secrets"), rule);
  for (const [id, value] of secrets) {
    // An empty value is a secret that does not exist in this repository, and the build would go on without it.
    if (value === "") throw new ConfigError(`Input "secrets" must give each id a value: "${id}" has none`);
  }
  return secrets;
}

function readTags(inputs: InputReader): readonly string[] {
  const tags = [...new Set(list(inputs, "tags"))];
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong === undefined) return tags;
  throw new ConfigError(
    `Input "tags" must hold tags of at most 128 letters, digits, ".", "_" and "-" that begin with neither "." nor "-": got "${wrong}"`,
  );
}

/** With an empty digest, a build would begin whose result nobody has judged, and it would get the tags. */
function refuse(needed: string, given: Readonly<Record<string, readonly string[]>>): void {
  const [first] = Object.entries(given).find(([, entries]) => entries.length > 0) ?? [];
  if (first === undefined) return;
  throw new ConfigError(`Input "${first}" needs "${needed}", the image that was judged: got no ${needed}`);
}

function refuseBuild(build: ReturnType<typeof readBuild>): void {
  const given = [
    build.context === "." ? "" : "context",
    build.file === undefined ? "" : "file",
    build.target === undefined ? "" : "target",
    build.buildArgs.size === 0 ? "" : "build-args",
    build.labels.size === 0 ? "" : "labels",
    build.secrets.size === 0 ? "" : "secrets",
  ].find((name) => name !== "");
  if (given === undefined) return;
  throw new ConfigError(`Input "${given}" must not be given with "digest": nothing is built then`);
}
