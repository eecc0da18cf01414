import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import * as z from "zod/mini";
import { ConfigError } from "../../core/errors.ts";
import { at } from "../../core/json.ts";
import { editDistance } from "./nearest-word.ts";

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
  /** An error that names the line and column of a path. */
  readonly refuse: (path: Path, problem: string) => ConfigError;
}

/** Parses YAML of a known shape. Anything unknown, missing or of the wrong type is refused with its line and column. */
export function parseCheckedYaml<T>(source: YamlSource, shape: z.ZodMiniType<T>): CheckedYaml<T> {
  const counter = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: counter, prettyErrors: false });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw refuseAt(source, counter.linePos(broken.pos[0]), broken.message);
  const placeAt = (path: Path) => positionOf(document, counter, path);
  const value: unknown = document.toJS();
  const parsed = z.safeParse(shape, value);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    if (first === undefined) throw refuseAt(source, start, "the document has another shape");
    const path = first.path.map((step) => (typeof step === "number" ? step : String(step)));
    const unknown = first.code === "unrecognized_keys" ? first.keys[0] : undefined;
    throw refuseAt(
      source,
      placeAt(unknown === undefined ? path : [...path, unknown]),
      describe(first, path, at(value, ...path)) + more(parsed.error.issues.length),
    );
  }
  return {
    value: parsed.data,
    lineOf: (path) => placeAt(path).line,
    refuse: (path, problem) => refuseAt(source, placeAt(path), problem),
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

/** Both counted from 1. */
interface Position {
  readonly line: number;
  readonly col: number;
}

const start: Position = { line: 1, col: 1 };

function refuseAt({ input, file }: YamlSource, { line, col }: Position, problem: string): ConfigError {
  const at = `line ${line} column ${col}`;
  const place = file === undefined ? at : `${file} ${at}`;
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

/** Where the deepest entry on the path that is there stands; a mapping's entry is found by its key. */
function positionOf(document: Document, counter: LineCounter, path: Path): Position {
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown = document.getIn(path.slice(0, depth - 1), true);
    const step = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === step)
      : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return counter.linePos(node.range[0]);
  }
  return start;
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
