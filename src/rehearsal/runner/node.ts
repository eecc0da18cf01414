import type { TemplateToken } from "@actions/workflow-parser/templates/tokens/index";
import { isBasicExpression, isBoolean, isMapping, isNumber, isSequence, isString } from "./github-parser.ts";
import { templateToExpression } from "./template.ts";

/** Where something stands, for messages a reader can click. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A piece of a workflow file: literal, expression, list or mapping, each with its place. */
export type Node =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null; readonly at: Place }
  | { readonly kind: "expression"; readonly expression: string; readonly at: Place }
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly at: Place }
  | MapNode;

/** A mapping in the order of the file. */
export interface MapNode {
  readonly kind: "map";
  readonly entries: readonly Entry[];
  readonly at: Place;
}

/** One line of a mapping. */
export interface Entry {
  readonly key: string;
  readonly value: Node;
  readonly at: Place;
}

/** The node tree of a parsed token tree. */
export function toNode(token: TemplateToken, file: string): Node {
  const at: Place = { file, line: token.line ?? 1 };
  if (isMapping(token)) {
    const entries: Entry[] = [];
    for (const { key, value } of token) {
      entries.push({
        key: key.toString(),
        value: toNode(value, file),
        at: { file, line: key.line ?? at.line },
      });
    }
    return { kind: "map", entries, at };
  }
  if (isSequence(token)) return { kind: "list", items: [...token].map((item) => toNode(item, file)), at };
  if (isBasicExpression(token)) return { kind: "expression", expression: expressionOf(token), at };
  if (isString(token) || isNumber(token) || isBoolean(token))
    return { kind: "literal", value: token.value, at };
  return { kind: "literal", value: null, at };
}

function expressionOf(token: {
  expression: string;
  source?: string | undefined;
  blockScalarHeader?: string | undefined;
}) {
  // The parser keeps the indentation of a block scalar that holds an expression; a shell must not see it.
  if (token.blockScalarHeader === undefined || token.source === undefined) return token.expression;
  return templateToExpression(dedent(token.source));
}

function dedent(text: string): string {
  const indent = /^[ ]*/.exec(text.replace(/^(\s*\n)+/, ""))?.[0].length ?? 0;
  return text.replaceAll(new RegExp(`^ {0,${indent}}`, "gm"), "");
}

/** The entry of a mapping, if it is there. */
export function child(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== "map") return undefined;
  return node.entries.find((entry) => entry.key === key)?.value;
}

/** The text of a literal, undefined for anything else. */
export function literalText(node: Node | undefined): string | undefined {
  if (node?.kind !== "literal" || node.value === null) return undefined;
  return String(node.value);
}

/** The entries of a mapping; none when it is absent or not a mapping. */
export function entriesOf(node: Node | undefined): readonly Entry[] {
  return node?.kind === "map" ? node.entries : [];
}

/** The literals of a list, or of a single value, as text. */
export function literalList(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap((item) => literalText(item) ?? []);
  const single = literalText(node);
  return single === undefined ? [] : [single];
}
