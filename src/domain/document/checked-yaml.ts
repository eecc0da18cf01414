import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import * as z from "zod/mini";
import { ConfigError } from "../../core/errors.ts";
import { at } from "../../core/json.ts";

export interface YamlSource {
  /** The input that gave the text, for the error. */
  readonly input: string;
  /** The file the text lies in; undefined when it stands in the workflow itself. */
  readonly file?: string | undefined;
  readonly text: string;
}

type Path = readonly (string | number)[];

export interface CheckedYaml<T> {
  readonly value: T;
  /** Line of the entry at a path, counted from 1. */
  readonly lineOf: (path: Path) => number;
  /** An error that names the line of a path. */
  readonly refuse: (path: Path, problem: string) => ConfigError;
}

/** Parses YAML of a known shape. Anything unknown, missing or of the wrong type is refused with its line. */
export function parseCheckedYaml<T>(source: YamlSource, shape: z.ZodMiniType<T>): CheckedYaml<T> {
  const counter = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: counter, prettyErrors: false });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw refuseAt(source, counter.linePos(broken.pos[0]).line, broken.message);
  const lineOf = (path: Path) => lineAt(document, counter, path);
  const value: unknown = document.toJS();
  const parsed = z.safeParse(shape, value);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    if (first === undefined) throw refuseAt(source, 1, "the document has another shape");
    const path = first.path.map((step) => (typeof step === "number" ? step : String(step)));
    const unknown = first.code === "unrecognized_keys" ? first.keys[0] : undefined;
    const line = lineOf(unknown === undefined ? path : [...path, unknown]);
    throw refuseAt(
      source,
      line,
      describe(first, path, at(value, ...path)) + more(parsed.error.issues.length),
    );
  }
  return {
    value: parsed.data,
    lineOf,
    refuse: (path, problem) => refuseAt(source, lineOf(path), problem),
  };

  function describe(issue: z.core.$ZodIssue, path: Path, got: unknown): string {
    const place = placeOf(path);
    if (issue.code === "unrecognized_keys") {
      const key = issue.keys[0] ?? "";
      const near = nearest(key, keysAt(shape, path));
      return `${place} has an unknown key "${key}"${near === undefined ? "" : `, did you mean "${near}"`}`;
    }
    if (got === undefined) return `${place} is missing`;
    return `${place} ${issue.message}: got ${JSON.stringify(got)}`;
  }
}

function refuseAt({ input, file }: YamlSource, line: number, problem: string): ConfigError {
  const place = file === undefined ? `line ${line}` : `${file} line ${line}`;
  return new ConfigError(`Input "${input}" must follow its format: ${place}: ${problem}`);
}

function more(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : "";
}

function placeOf(path: Path): string {
  if (path.length === 0) return "the document";
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text.replace(/^\./, "");
}

/** The line of the deepest entry on the path that is there; a mapping's entry is found by its key. */
function lineAt(document: Document, counter: LineCounter, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown = document.getIn(path.slice(0, depth - 1), true);
    const step = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === step)
      : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line;
  }
  return 1;
}

/** Keys that the shape knows at a path: of the mapping itself, or of the mappings in a union. */
function keysAt(shape: z.core.$ZodType, path: Path): readonly string[] {
  const [step, ...rest] = path;
  if (shape instanceof z.ZodMiniOptional) return keysAt(shape.def.innerType, path);
  if (shape instanceof z.ZodMiniUnion) return shape.def.options.flatMap((option) => keysAt(option, path));
  if (shape instanceof z.ZodMiniArray) return typeof step === "number" ? keysAt(shape.def.element, rest) : [];
  if (!(shape instanceof z.ZodMiniObject)) return [];
  if (step === undefined) return Object.keys(shape.def.shape);
  const inner = shape.def.shape[String(step)];
  return inner === undefined ? [] : keysAt(inner, rest);
}

function nearest(key: string, known: readonly string[]): string | undefined {
  const asked = key.toLowerCase().replaceAll("_", "-");
  const ranked = known
    .map((word) => ({ word, distance: editDistance(asked, word) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.max(2, key.length / 3) ? best.word : undefined;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, a] of [...left].entries()) {
    const next = [i + 1];
    for (const [j, b] of [...right].entries()) {
      const change = (row[j] ?? 0) + (a === b ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
