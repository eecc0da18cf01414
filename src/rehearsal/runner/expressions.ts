import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { data as Data } from "@actions/expressions";
import type { FunctionDefinition } from "@actions/expressions/funcs/info";
import { ConfigError, messageOf } from "../../core/errors.ts";
import { data, Evaluator, Lexer, Parser } from "./github-parser.ts";
import type { Node } from "./node.ts";

/** Anything JSON can say; what contexts are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What `success()` and its sisters answer at this point. */
export interface Status {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
}

/** Everything an expression may look at. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Json>>;
  readonly status?: Status;
  readonly workspace?: string;
}

/** The value of an expression; an unknown context or function is an error. */
export function evaluate(expression: string, scope: Scope): Json {
  return fromData(evaluateData(expression, scope));
}

/** The value of an expression as the text that lands in a file or a variable. */
export function evaluateText(expression: string, scope: Scope): string {
  return evaluateData(expression, scope).coerceString();
}

/** Whether an `if` holds; without a status function `success()` must hold too, as on GitHub. */
export function evaluateCondition(condition: Node | undefined, scope: Scope): boolean {
  const text = conditionText(condition);
  const wrapped = hasStatusFunction(text) ? text : `success() && (${text})`;
  const value = evaluate(`!!(${text === "" ? "success()" : wrapped})`, scope);
  return value === true;
}

/** The value of a node with all expressions inside it evaluated. */
export function evaluateNode(node: Node, scope: Scope): Json {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "expression":
      return evaluate(node.expression, scope);
    case "list":
      return node.items.map((item) => evaluateNode(item, scope));
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, evaluateNode(value, scope)]));
  }
}

/** The text of a scalar node; null gives an empty text. */
export function evaluateNodeText(node: Node | undefined, scope: Scope): string {
  if (node === undefined) return "";
  if (node.kind === "expression") return evaluateText(node.expression, scope);
  if (node.kind === "literal") return node.value === null ? "" : String(node.value);
  throw new ConfigError(`${node.at.file}:${node.at.line}: a text is wanted here, not a ${node.kind}`);
}

/** The values of a mapping of texts, such as `env`, `with` or `outputs`. */
export function evaluateTexts(node: Node | undefined, scope: Scope): Record<string, string> {
  if (node === undefined) return {};
  if (node.kind === "expression") {
    const value = evaluate(node.expression, scope);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toData(one).coerceString()]));
  }
  if (node.kind !== "map") return {};
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, evaluateNodeText(value, scope)]));
}

/** The words of a condition without its braces. */
export function conditionText(condition: Node | undefined): string {
  if (condition === undefined) return "";
  if (condition.kind === "expression") return condition.expression.trim();
  if (condition.kind === "literal") return condition.value === null ? "" : String(condition.value).trim();
  return "";
}

function hasStatusFunction(text: string): boolean {
  const outsideQuotes = text.replaceAll(/'(?:[^']|'')*'/g, "''");
  return /(?<![\w.-])(success|failure|cancelled|always)\s*\(/i.test(outsideQuotes);
}

function evaluateData(expression: string, scope: Scope): Data.ExpressionData {
  const functions = functionsFor(scope);
  try {
    const { tokens } = new Lexer(expression).lex();
    const tree = new Parser(tokens, Object.keys(scope.contexts), [...functions.values()]).parse();
    const dictionary = toData(scope.contexts as Json) as Data.Dictionary;
    return new Evaluator(tree, dictionary, functions).evaluate();
  } catch (thrown) {
    throw new ConfigError(`Expression "${expression}" cannot be evaluated: ${messageOf(thrown)}`);
  }
}

function functionsFor(scope: Scope): Map<string, FunctionDefinition> {
  const functions: FunctionDefinition[] = [];
  const { status, workspace } = scope;
  if (status !== undefined) {
    const answer = (value: boolean) => () => new data.BooleanData(value);
    functions.push(
      { name: "success", minArgs: 0, maxArgs: 0, call: answer(status.success) },
      { name: "failure", minArgs: 0, maxArgs: 0, call: answer(status.failure) },
      { name: "cancelled", minArgs: 0, maxArgs: 0, call: answer(status.cancelled) },
      { name: "always", minArgs: 0, maxArgs: 0, call: answer(true) },
    );
  }
  if (workspace !== undefined) {
    const call = (...patterns: Data.ExpressionData[]) =>
      new data.StringData(
        hashFiles(
          workspace,
          patterns.map((pattern) => pattern.coerceString()),
        ),
      );
    functions.push({ name: "hashFiles", minArgs: 1, maxArgs: 255, call });
  }
  return new Map(functions.map((one) => [one.name.toLowerCase(), one]));
}

/** SHA-256 over the SHA-256 of each matching file, in order of their paths; empty when nothing matches. */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const exclude = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const include = patterns.filter((pattern) => !pattern.startsWith("!"));
  const paths = new Set(include.flatMap((pattern) => globSync(pattern, { cwd: workspace, exclude })));
  const files = [...paths].filter((path) => statSync(join(workspace, path)).isFile()).sort();
  if (files.length === 0) return "";
  const whole = createHash("sha256");
  for (const file of files)
    whole.update(
      createHash("sha256")
        .update(readFileSync(join(workspace, file)))
        .digest(),
    );
  return whole.digest("hex");
}

function toData(value: Json): Data.ExpressionData {
  if (value === null) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, one]) => ({ key, value: toData(one) })));
}

function fromData(value: Data.ExpressionData): Json {
  if (value instanceof data.Dictionary) {
    return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
  }
  if (value instanceof data.Array) return value.values().map(fromData);
  if (
    value instanceof data.StringData ||
    value instanceof data.NumberData ||
    value instanceof data.BooleanData
  ) {
    return value.value;
  }
  return null;
}
