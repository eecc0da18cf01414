import { ConfigError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { isRecord } from "../../core/json.ts";
import type { SmokeTest } from "./smoke-test.ts";

export type Variables = ReadonlyMap<string, string>;

const secretName = /token|secret|passw|api-?_?key|private|credential|auth|cookie|session/i;
const credentialHeader = /^(authorization|proxy-authorization|cookie)$|token|secret|api-?key|auth/i;

export function isCredentialHeader(name: string): boolean {
  return credentialHeader.test(name);
}

/** Variables that must not be seen: by their own name, or because a credential header is made of them. */
export function secretVariables(variables: Variables, tests: readonly SmokeTest[]): readonly string[] {
  const inCredentials = new Set(
    tests
      .flatMap(({ request }) => Object.entries(request.headers))
      .filter(([name]) => isCredentialHeader(name))
      .flatMap(([, value]) => namesIn(value)),
  );
  return [...variables]
    .filter(([name]) => secretName.test(name) || inCredentials.has(name))
    .map(([, value]) => value);
}

/** The test with every `{{name}}` replaced. A name that is not given is refused: it would be sent as it stands. */
export function withVariables(test: SmokeTest, variables: Variables): SmokeTest {
  const fill = (text: string) => fillIn(text, variables, test);
  const { request, expect } = test;
  const headers = Object.entries(request.headers).map(([name, value]) => [name, fill(value)] as const);
  for (const [name, value] of headers) refuseLineBreak(test, name, value);
  return {
    ...test,
    request: {
      ...request,
      path: fill(request.path),
      headers: Object.fromEntries(headers),
      ...(request.body === undefined ? {} : { body: fill(request.body) }),
    },
    expect: {
      ...expect,
      contains: expect.contains.map(fill),
      json: expect.json.map(({ path, equals }) => ({ path, equals: fillJson(equals, fill) })),
    },
  };
}

const placeholder = /\{\{\s*([A-Za-z_][\w-]*)\s*\}\}/g;

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(([, name]) => name ?? "");
}

function fillIn(text: string, variables: Variables, test: SmokeTest): string {
  return text.replaceAll(placeholder, (_whole, name: string) => {
    const value = variables.get(name);
    if (value !== undefined) return value;
    throw new ConfigError(
      `Input "variables" must give every variable of the tests: "${test.name}" (line ${test.line}) uses "${name}"`,
    );
  });
}

function fillJson(value: Json, fill: (text: string) => string): Json {
  if (typeof value === "string") return fill(value);
  if (Array.isArray(value)) return value.map((entry: Json) => fillJson(entry, fill));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, entry === undefined ? null : fillJson(entry, fill)]),
  );
}

function refuseLineBreak(test: SmokeTest, header: string, value: string): void {
  // A line break would start a header of its own.
  if (!/[\r\n\0]/.test(value)) return;
  throw new ConfigError(`Header "${header}" of test "${test.name}" must be one line: got a line break in it`);
}
