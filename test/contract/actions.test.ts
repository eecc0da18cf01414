import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { at, isRecord, textAt } from "../../src/core/json.ts";
import { fillBetween, inputTable, outputTable, parseAction } from "../../src/tools/action-tables.ts";
import { inputsRead, isSetSomewhere, keysOfOutputs, literalsRead, outputsSet } from "./action-source.ts";
import { actionNames, exists, filesBelow, read } from "./repository.ts";

const sorted = (names: Iterable<string>) => [...names].toSorted();

test("there are the seven actions of the design", () => {
  const seven = [
    "backup-verify",
    "build-push",
    "canary-analyze",
    "helm-deploy",
    "rollback",
    "security-scan",
    "smoke-test",
  ];
  expect(actionNames).toEqual(seven);
});

describe.each(actionNames)("%s", (name) => {
  const text = read(`actions/${name}/action.yml`);
  const declared = parseAction(text);
  const document: unknown = parse(text);

  test("declares exactly the inputs it reads", () => {
    expect(sorted(inputsRead(name))).toEqual(sorted(declared.inputs.map((input) => input.name)));
  });

  test("declares exactly the outputs it sets", () => {
    const names = declared.outputs.map((output) => output.name);
    expect(sorted(outputsSet(name)).filter((output) => !names.includes(output))).toEqual([]);
    expect(names.filter((output) => !isSetSomewhere(name, output))).toEqual([]);
  });

  test("tells its inputs and outputs in its README (else: npm run docs)", () => {
    const readme = read(`actions/${name}/README.md`);
    expect(fillBetween(readme, "inputs", inputTable(declared))).toBe(readme);
    expect(fillBetween(readme, "outputs", outputTable(declared))).toBe(readme);
  });

  test("gives every input a description, and either a default or required: true", () => {
    const wrong = declared.inputs.filter(
      (input) => input.description === "" || input.isRequired === (input.default !== undefined),
    );
    expect(wrong).toEqual([]);
    expect(declared.outputs.filter((output) => output.description === "")).toEqual([]);
  });

  test("is found by GitHub: name, author, branding, node24 and its stub in dist", () => {
    expect(textAt(document, "author")).toBe("Sluice");
    expect(isRecord(at(document, "branding"))).toBe(true);
    expect(at(document, "runs")).toEqual({ using: "node24", main: `../../dist/${name}.mjs` });
    expect(exists(`dist/${name}.mjs`)).toBe(true);
  });

  test("keeps defaults in action.yml alone", () => {
    const sources = filesBelow([`src/actions/${name}`], ".ts");
    const replaced = /\b(?:optional|required)\([^()]*\)\s*(?:\?\?|\|\|)\s*(?:["'`][^"'`]|\d)/;
    expect(sources.filter((file) => replaced.test(file.text)).map((file) => file.path)).toEqual([]);
  });
});

test("literalsRead() finds names however the call is broken over lines", () => {
  const source = `optional(inputs, "one"); oneOf(\n  inputs,\n  "two", ["a"]); context.inputs.get("three"); f(other, "four")`;
  expect(literalsRead(source)).toEqual(["one", "two", "three"]);
});

test("keysOfOutputs() finds keys of literals, constants and functions, and nothing nested", () => {
  const source = `
    const noOutputs: Readonly<Record<string, string>> = { digest: "", "sarif-file": f({ inner: 1 }) };
    return { outputs: { ...noOutputs, passed: String(1), slowest }, details: { other: 1 } };
    function outputsOf(a: string): Record<string, string> { return { tags: a }; }
    interface X { readonly outputs: Readonly<Record<string, string>>; }`;
  expect(sorted(keysOfOutputs(source))).toEqual(["digest", "passed", "sarif-file", "slowest", "tags"]);
});
