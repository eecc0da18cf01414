import type { Series } from "./series.ts";

export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** A plain selector of series, taken apart. */
export interface Selector {
  /** Undefined where the name is given by matchers alone. */
  readonly metric?: string;
  readonly matchers: readonly Matcher[];
}

const quoted = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\x60[^\x60]*\x60`;
const token = new RegExp(String.raw`\s*(?:([a-zA-Z_:][\w:.]*)|(${quoted})|(=~|!~|!=|=|[{},]))`, "y");

/** Undefined where the text is no plain selector: rates, sums and the like are not taken apart. */
export function parseSelector(text: string): Selector | undefined {
  const tokens = tokensOf(text.trim());
  if (tokens === undefined) return undefined;
  const [first] = tokens;
  const named = first?.kind === "name" ? first.text : undefined;
  const rest = named === undefined ? tokens : tokens.slice(1);
  if (rest.length === 0) return named === undefined ? undefined : { metric: named, matchers: [] };
  if (rest[0]?.text !== "{" || rest.at(-1)?.text !== "}") return undefined;
  return parseMatchers(rest.slice(1, -1), named);
}

interface Token {
  readonly kind: "name" | "text" | "sign";
  readonly text: string;
}

function tokensOf(text: string): readonly Token[] | undefined {
  const found: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const [, name, string, sign] = match;
    if (name !== undefined) found.push({ kind: "name", text: name });
    else if (string !== undefined) found.push({ kind: "text", text: unquote(string) });
    else found.push({ kind: "sign", text: sign ?? "" });
  }
  return found;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquote(string: string): string {
  const inner = string.slice(1, -1);
  return string.startsWith("`") ? inner : inner.replace(/\\(.)/gs, (_, char) => escapes[char] ?? char);
}

function parseMatchers(tokens: readonly Token[], named: string | undefined): Selector | undefined {
  const matchers: Matcher[] = [];
  let metric = named;
  for (let at = 0; at < tokens.length; ) {
    const [label, sign, value, after] = tokens.slice(at, at + 4);
    if (label === undefined || label.kind === "sign") return undefined;
    // A name that is no plain word stands in quotes among the matchers.
    if (label.kind === "text" && (sign === undefined || sign.text === ",")) {
      metric = label.text;
      at += 2;
      continue;
    }
    const operator = operatorOf(sign);
    if (operator === undefined || value?.kind !== "text") return undefined;
    if (after !== undefined && after.text !== ",") return undefined;
    matchers.push({ label: label.text, operator, value: value.text });
    at += 4;
  }
  return { ...(metric === undefined ? {} : { metric }), matchers };
}

function operatorOf(sign: Token | undefined): Matcher["operator"] | undefined {
  return (["=", "!=", "=~", "!~"] as const).find((one) => sign?.kind === "sign" && one === sign.text);
}

/** Whether a series with these labels is selected. A label that is absent counts as empty. */
export function selects({ metric, matchers }: Selector, labels: Series["labels"]): boolean {
  if (metric !== undefined && labels.__name__ !== metric) return false;
  return matchers.every((matcher) => isMatched(matcher, labels));
}

export function isMatched({ label, operator, value }: Matcher, labels: Series["labels"]): boolean {
  const found = labels[label] ?? "";
  if (operator === "=") return found === value;
  if (operator === "!=") return found !== value;
  return patternOf(value).test(found) === (operator === "=~");
}

/** A pattern matches the whole value. RE2 takes flags at its front, which JavaScript takes apart from it. */
function patternOf(value: string): RegExp {
  const [, flags = "", pattern = value] = /^\(\?([is]+)\)(.*)$/s.exec(value) ?? [];
  return new RegExp(`^(?:${pattern})$`, [...new Set(`s${flags}`)].join(""));
}
