import { ConfigError } from "../../core/errors.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import { type ImageReference, parseReference } from "../../domain/image/reference.ts";
import { type ScannerName, scanners } from "../../domain/scan/finding.ts";
import { type Severity, severities } from "../../domain/scan/severity.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { boolean, durationMs, list, oneOf, optional, required } from "../../platform/inputs.ts";
import { type Credentials, readRegistryLogin } from "../../platform/registry-auth.ts";

export type ImageByDigest = ImageReference & { readonly digest: ImageDigest };

export interface ScanInputs {
  /** Given exactly when the image is scanned. */
  readonly image?: ImageByDigest;
  readonly path: string;
  readonly scanners: readonly ScannerName[];
  readonly failOn: readonly Severity[];
  /** Folder of an offline database; without it the public one is downloaded. */
  readonly database?: string;
  readonly maxDatabaseAgeMs: number;
  readonly sarifFile?: string;
  readonly upload: boolean;
  readonly timeLimitMs: number;
  readonly registryLogin?: Credentials;
  readonly githubToken?: string;
  readonly onInconclusive: "fail" | "warn";
}

/** Reads every input; nothing has been asked or touched when one is refused. */
export function readInputs(inputs: InputReader): ScanInputs {
  const wanted = entriesOf(list(inputs, "scanners"), { name: "scanners", allowed: scanners });
  const image = imageOf(optional(inputs, "image"), wanted.includes("image"));
  const upload = boolean(inputs, "upload");
  const githubToken = optional(inputs, "github-token");
  if (upload && githubToken === undefined) {
    throw new ConfigError('Input "github-token" is required with "upload": got nothing');
  }
  const registryLogin = readRegistryLogin(inputs);
  const database = optional(inputs, "database");
  const sarifFile = optional(inputs, "sarif-file");
  return {
    ...(image === undefined ? {} : { image }),
    path: required(inputs, "path"),
    scanners: wanted,
    failOn: failOn(list(inputs, "fail-on")),
    ...(database === undefined ? {} : { database }),
    maxDatabaseAgeMs: durationMs(inputs, "max-db-age"),
    ...(sarifFile === undefined ? {} : { sarifFile }),
    upload,
    timeLimitMs: timeLimit(durationMs(inputs, "time-limit")),
    ...(registryLogin === undefined ? {} : { registryLogin }),
    ...(githubToken === undefined ? {} : { githubToken }),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

/** What is scanned must be what is deployed, and a tag can be moved between the two. */
function imageOf(text: string | undefined, isScanned: boolean): ImageByDigest | undefined {
  if (!isScanned) {
    if (text === undefined) return undefined;
    throw new ConfigError(`Input "scanners" must have image when "image" is given: got "${text}"`);
  }
  if (text === undefined)
    throw new ConfigError('Input "image" is required when "scanners" has image: got nothing');
  const reference = parseReference(text);
  if (reference.digest !== undefined) return { ...reference, digest: reference.digest };
  throw new ConfigError(`Input "image" must name the image by digest, as a tag can be moved: got "${text}"`);
}

function failOn(entries: readonly string[]): readonly Severity[] {
  if (entries.length === 1 && entries[0] === "none") return [];
  return entriesOf(entries, { name: "fail-on", allowed: severities, also: " or none alone" });
}

interface EntryRule<T extends string> {
  readonly name: string;
  readonly allowed: readonly T[];
  readonly also?: string;
}

function entriesOf<T extends string>(entries: readonly string[], rule: EntryRule<T>): readonly T[] {
  const wrong = entries.find((entry) => !rule.allowed.some((one) => one === entry));
  if (wrong === undefined && entries.length > 0) return rule.allowed.filter((one) => entries.includes(one));
  const choice = `${rule.allowed.join(", ")}${rule.also ?? ""}`;
  throw new ConfigError(`Input "${rule.name}" must list some of ${choice}: got "${wrong ?? ""}"`);
}

function timeLimit(ms: number): number {
  // A timer longer than 2^31 ms would end at once.
  if (ms > 0 && ms <= 86_400_000) return ms;
  throw new ConfigError(`Input "time-limit" must be longer than 0s and at most 24h: got ${ms} ms`);
}
