import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { routes } from "./server.ts";

type Tree = { [key: string]: unknown };

/** Where the trimmed description is kept. */
export const trimmedPath = new URL("../../../test/fixtures/github-openapi.json", import.meta.url);

const droppedKeys = new Set([
  "description",
  "summary",
  "example",
  "examples",
  "externalDocs",
  "x-github",
  "tags",
]);

/** GitHub's description of the endpoints the stand-in answers, with everything they refer to and nothing else. */
export function trimDescription(): Tree {
  const require = createRequire(import.meta.url);
  const whole = JSON.parse(
    readFileSync(require.resolve("@octokit/openapi/generated/api.github.com.json"), "utf8"),
  );
  const version = JSON.parse(readFileSync(require.resolve("@octokit/openapi/package.json"), "utf8")).version;
  const trimmed: Tree = { source: `@octokit/openapi ${version}, generated/api.github.com.json`, paths: {} };
  for (const { method, path } of routes) {
    const operation = at(whole, ["paths", path, method.toLowerCase()]);
    put(trimmed, ["paths", path, method.toLowerCase()], clean(operation));
  }
  for (let wanted = missing(trimmed); wanted.length > 0; wanted = missing(trimmed)) {
    for (const keys of wanted) put(trimmed, keys, clean(at(whole, keys)));
  }
  return trimmed;
}

function missing(tree: Tree): readonly string[][] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const reference = (value as Tree)["$ref"];
    if (typeof reference === "string") found.add(reference);
    for (const one of Object.values(value)) visit(one);
  };
  visit(tree);
  return [...found]
    .map((reference) => reference.slice(2).split("/"))
    .filter((keys) => at(tree, keys) === undefined);
}

function at(tree: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Tree | undefined)?.[key], tree);
}

function put(tree: Tree, keys: readonly string[], value: unknown): void {
  let place = tree;
  for (const key of keys.slice(0, -1)) {
    place[key] ??= {};
    place = place[key] as Tree;
  }
  place[keys.at(-1) ?? ""] = value;
}

function clean(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((one) => clean(one));
  if (typeof value !== "object" || value === null) return value;
  // Under `properties` a key is a name that happens to read like a keyword.
  const kept = Object.entries(value).filter(([key]) => isNames || !droppedKeys.has(key));
  return Object.fromEntries(kept.map(([key, one]) => [key, clean(one, key === "properties" && !isNames)]));
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(trimmedPath, `${JSON.stringify(trimDescription(), undefined, 1)}\n`);
}
