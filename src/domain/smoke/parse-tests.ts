import { compile } from "json-p3";
import { parseDurationMs } from "../../core/duration.ts";
import { messageOf } from "../../core/errors.ts";
import { type CheckedYaml, parseCheckedYaml, type YamlSource } from "../document/checked-yaml.ts";
import type { Expectation, SmokeRequest, SmokeTest } from "./smoke-test.ts";
import { type TestDocument, testsShape } from "./tests-shape.ts";

type Entry = TestDocument[number];

/** Reads the `tests` format. An empty document is an empty list, which the caller must not take for a pass. */
export function parseTests(source: YamlSource): readonly SmokeTest[] {
  if (source.text.trim() === "") return [];
  const checked = parseCheckedYaml(source, testsShape);
  refuseTwins(checked);
  return checked.value.map((entry, index) => ({
    name: entry.name,
    line: checked.lineOf([index]),
    request: requestOf(entry.request),
    expect: expectationOf(entry.expect ?? {}, (json, path) => checkPath(checked, [index, ...json], path)),
  }));
}

function refuseTwins({ value, refuse }: CheckedYaml<TestDocument>): void {
  const seen = new Set<string>();
  for (const [index, { name }] of value.entries()) {
    if (seen.has(name)) throw refuse([index, "name"], `two tests have the name "${name}"`);
    seen.add(name);
  }
}

function requestOf({ method = "GET", path, headers = {}, body }: Entry["request"]): SmokeRequest {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const request = { method, path, shown: `${method} ${path}` };
  if (body === undefined) return { ...request, headers: given };
  if (typeof body === "string") return { ...request, headers: given, body };
  const hasType = Object.keys(given).some((name) => name.toLowerCase() === "content-type");
  const typed = hasType ? given : { ...given, "content-type": "application/json" };
  return { ...request, headers: typed, body: JSON.stringify(body) };
}

type PathCheck = (place: readonly (string | number)[], path: string) => void;

function expectationOf(given: NonNullable<Entry["expect"]>, check: PathCheck): Expectation {
  const { status = "2xx", contains = [], json = [] } = given;
  const limit = given["response-time"];
  const isList = Array.isArray(json);
  const expectations = isList ? json : [json];
  for (const [index, { path }] of expectations.entries()) {
    check(["expect", "json", ...(isList ? [index] : []), "path"], path);
  }
  return {
    status: [status].flat(),
    contains: [contains].flat(),
    json: expectations,
    ...(limit === undefined ? {} : { responseTimeMs: parseDurationMs("tests", limit) }),
  };
}

function checkPath({ refuse }: CheckedYaml<TestDocument>, place: readonly (string | number)[], path: string) {
  try {
    compile(path);
  } catch (error) {
    throw refuse(place, `"${path}" is not a JSONPath of RFC 9535: ${messageOf(error)}`);
  }
}
