import { ConfigError } from "../../core/errors.ts";
import type { ImageDigest } from "../../domain/image/digest.ts";
import type { InputReader } from "../../platform/github-runner.ts";
import { durationMs, integer, lines, oneOf, optional, required, url } from "../../platform/inputs.ts";
import { readVouchedImage } from "../../platform/vouched-image.ts";

export interface SmokeInputs {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** A path of a file, or the tests themselves. */
  readonly tests: string;
  readonly readyPath?: string;
  readonly readyTimeoutMs: number;
  readonly expectedVersion?: string;
  readonly versionPath: string;
  readonly retries: number;
  readonly requestTimeoutMs: number;
  readonly concurrency: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly variables: ReadonlyMap<string, string>;
  readonly junitFile?: string;
  readonly image?: string;
  readonly digest?: ImageDigest;
  readonly evidence: readonly string[];
  readonly require: readonly string[];
  readonly onInconclusive: "fail" | "warn";
}

/** Reads every input; nothing has been asked or touched when one is refused. */
export function readInputs(inputs: InputReader): SmokeInputs {
  const readyPath = optional(inputs, "ready-path");
  const expectedVersion = optional(inputs, "expected-version");
  const junitFile = optional(inputs, "junit-file");
  return {
    baseUrl: baseUrl(inputs),
    tests: required(inputs, "tests"),
    ...(readyPath === undefined ? {} : { readyPath: path("ready-path", readyPath) }),
    readyTimeoutMs: durationMs(inputs, "ready-timeout"),
    ...(expectedVersion === undefined ? {} : { expectedVersion }),
    versionPath: path("version-path", required(inputs, "version-path")),
    retries: integer(inputs, "retries", { min: 0, max: 10 }),
    requestTimeoutMs: positive("request-timeout", durationMs(inputs, "request-timeout")),
    concurrency: integer(inputs, "concurrency", { min: 1, max: 1000 }),
    headers: headers(inputs),
    variables: variables(inputs),
    ...(junitFile === undefined ? {} : { junitFile }),
    ...readVouchedImage(inputs),
    onInconclusive: oneOf(inputs, "on-inconclusive", ["fail", "warn"]),
  };
}

function baseUrl(inputs: InputReader): string {
  const base = url(inputs, "base-url");
  if (base.username !== "" || base.password !== "") {
    throw new ConfigError('Input "base-url" must not hold credentials: give them by the input "headers"');
  }
  if (base.search !== "" || base.hash !== "") {
    throw new ConfigError(
      `Input "base-url" must end with its path: got "${base.search}${base.hash}" after it`,
    );
  }
  return base.href.replace(/\/+$/, "");
}

function path(input: string, text: string): string {
  if (text.startsWith("/")) return text;
  throw new ConfigError(`Input "${input}" must begin with /: got "${text}"`);
}

function positive(input: string, ms: number): number {
  // A timer longer than 2^31 ms would end at once.
  if (ms > 0 && ms <= 3_600_000) return ms;
  throw new ConfigError(`Input "${input}" must be longer than 0s and at most 1h: got ${ms} ms`);
}

function headers(inputs: InputReader): Readonly<Record<string, string>> {
  const entries = lines(inputs, "headers").map((line) => {
    const [, name, value] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*:\s*(.+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    // The line may be a credential without its name, so it is not quoted.
    throw new ConfigError('Input "headers" must hold one "Name: value" a line: got a line of another form');
  });
  return Object.fromEntries(entries);
}

function variables(inputs: InputReader): ReadonlyMap<string, string> {
  const entries = lines(inputs, "variables").map((line) => {
    const [, name, value] = /^([A-Za-z_][\w-]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return [name, value] as const;
    throw new ConfigError('Input "variables" must hold one "name=value" a line: got a line of another form');
  });
  return new Map(entries);
}
