import { expect, test } from "vitest";
import { parsePairs, parsePaths } from "../../../src/rehearsal/runner/env-files.ts";
import {
  evaluate,
  evaluateCondition,
  evaluateText,
  type Scope,
} from "../../../src/rehearsal/runner/expressions.ts";
import { Masks } from "../../../src/rehearsal/runner/masks.ts";
import { permissionExcess, readPermissions } from "../../../src/rehearsal/runner/permissions.ts";
import { templateToExpression } from "../../../src/rehearsal/runner/template.ts";
import { parseCommand } from "../../../src/rehearsal/runner/workflow-commands.ts";

test.each([
  {
    name: "plain lines",
    text: "a=1\nb=x=y\n",
    pairs: [
      ["a", "1"],
      ["b", "x=y"],
    ],
  },
  { name: "an empty value", text: "a=\n", pairs: [["a", ""]] },
  {
    name: "lines between delimiters",
    text: "a<<E\none\n\ntwo\nE\nb=2\n",
    pairs: [
      ["a", "one\n\ntwo"],
      ["b", "2"],
    ],
  },
  { name: "a value with << after its =", text: "a=x<<y\n", pairs: [["a", "x<<y"]] },
  { name: "an empty block", text: "a<<E\nE\n", pairs: [["a", ""]] },
  {
    name: "lines that end as on Windows",
    text: "a=1\r\nb=2\r\n",
    pairs: [
      ["a", "1"],
      ["b", "2"],
    ],
  },
])("parsePairs() reads $name", ({ text, pairs }) => {
  expect(parsePairs(text)).toEqual(pairs);
});

test.each(["just words\n", "=value\n", "<<E\nx\nE\n", "a<<E\nx\n", "a<<\nx\n"])(
  "parsePairs() refuses %j",
  (text) => {
    expect(() => parsePairs(text)).toThrow(/Invalid/);
  },
);

test("parsePaths() puts the last folder first", () => {
  expect(parsePaths("/a\n/b\n")).toEqual(["/b", "/a"]);
});

test.each([
  { line: "::warning::careful", command: { name: "warning", properties: {}, message: "careful" } },
  {
    line: "  ::error file=a.ts,line=3::x::y",
    command: { name: "error", properties: { file: "a.ts", line: "3" }, message: "x::y" },
  },
  {
    line: "::error title=a%3Ab%2Cc::50%25%0Anext",
    command: { name: "error", properties: { title: "a:b,c" }, message: "50%\nnext" },
  },
  { line: "::token-1::", command: { name: "token-1", properties: {}, message: "" } },
  { line: "text ::error::no", command: undefined },
  { line: "::", command: undefined },
  { line: ":: ::x", command: undefined },
])("parseCommand() $line", ({ line, command }) => {
  expect(parseCommand(line)).toEqual(command);
});

test.each([
  { text: "plain", expression: "'plain'" },
  { text: "it's", expression: "'it''s'" },
  { text: "${{ github.ref }}", expression: "github.ref" },
  { text: "a-${{ x }}-{b}", expression: "format('a-{0}-{{b}}', x)" },
  { text: "${{ '}}' }}", expression: "'}}'" },
  { text: "open ${{ x", expression: "'open ${{ x'" },
])("templateToExpression() $text", ({ text, expression }) => {
  expect(templateToExpression(text)).toBe(expression);
});

const scope: Scope = {
  contexts: {
    github: { ref: "refs/heads/main", labels: ["a", "b"] },
    needs: { a: { result: "failure" } },
    env: {},
  },
  status: { success: false, failure: true, cancelled: false },
};

test.each([
  { expression: "github.ref == 'refs/heads/MAIN'", value: true },
  { expression: "contains(github.labels, 'B')", value: true },
  { expression: "github.nothing.deeper", value: null },
  { expression: "github.nothing == ''", value: true },
  { expression: "format('{0}-{1}', 1, true)", value: "1-true" },
  { expression: "fromJSON('[1, {\"a\": null}]')", value: [1, { a: null }] },
  { expression: "failure() && 'x' || 'y'", value: "x" },
  { expression: "join(github.labels, '+')", value: "a+b" },
])("evaluate() $expression", ({ expression, value }) => {
  expect(evaluate(expression, scope)).toEqual(value);
});

test("evaluate() refuses what it does not know", () => {
  expect(() => evaluate("nothing.here", scope)).toThrow('Expression "nothing.here" cannot be evaluated');
  expect(() => evaluate("github.ref ==", scope)).toThrow("cannot be evaluated");
});

test("evaluateText() gives null as nothing", () => {
  expect(evaluateText("github.nothing", scope)).toBe("");
});

test.each([
  { condition: "true", holds: false },
  { condition: "always()", holds: true },
  { condition: "needs.a.result == 'failure'", holds: false },
  { condition: "!cancelled() && needs.a.result == 'failure'", holds: true },
  { condition: "github.ref == 'always()'", holds: false },
  { condition: "", holds: false },
])("evaluateCondition() adds success() to '$condition' unless it asks itself", ({ condition, holds }) => {
  const node = { kind: "literal" as const, value: condition, at: { file: "x", line: 1 } };
  expect(evaluateCondition(node, scope)).toBe(holds);
});

test("Masks hides the longer of two values that overlap", () => {
  const masks = new Masks();
  masks.add("abc");
  masks.add("abcdef");
  masks.add("two\nlines");
  expect(masks.mask("abcdef abc lines")).toBe("*** *** ***");
  expect(masks.hides("xyz")).toBe(false);
});

test.each([
  { asked: { contents: "read" }, allowed: { contents: "write" }, excess: 0 },
  { asked: { contents: "write" }, allowed: { contents: "read" }, excess: 1 },
  { asked: { contents: "read", packages: "write" }, allowed: {}, excess: 2 },
  { asked: {}, allowed: {}, excess: 0 },
] as const)("permissionExcess() of $asked over $allowed", ({ asked, allowed, excess }) => {
  expect(permissionExcess(asked, allowed)).toHaveLength(excess);
});

test("readPermissions() gives no ID token with read-all", () => {
  const literal = (value: string) => ({ kind: "literal" as const, value, at: { file: "x", line: 1 } });
  expect(readPermissions(literal("read-all"))).toMatchObject({ contents: "read", actions: "read" });
  expect(readPermissions(literal("read-all"))?.["id-token"]).toBeUndefined();
  expect(readPermissions(literal("write-all"))?.["id-token"]).toBe("write");
});
