import { filesBelow } from "./repository.ts";

/** The names of inputs that an action reads, found as literals in its source and in the readers it calls. */
export function inputsRead(action: string): ReadonlySet<string> {
  const own = filesBelow([`src/actions/${action}`], ".ts").map((file) => file.text);
  const shared = filesBelow(["src/platform"], ".ts")
    .map((file) => file.text)
    .filter((text) => readersOf(text).some((reader) => own.some((source) => source.includes(`${reader}(`))));
  return new Set([...own, ...shared].flatMap(literalsRead));
}

/** Reading is a call whose first argument is the inputs and whose second is the name. */
export function literalsRead(source: string): readonly string[] {
  const calls = source.matchAll(/\b[a-zA-Z]+\(\s*(?:\w+\.)?(?:inputs|runner),\s*"([a-z][a-z0-9-]*)"/g);
  const gets = source.matchAll(/\b(?:inputs|runner)\.get\(\s*"([a-z][a-z0-9-]*)"/g);
  return [...calls, ...gets].map((found) => found[1] ?? "");
}

/** Exported functions of a file that are handed the inputs themselves. */
function readersOf(source: string): readonly string[] {
  const readers = source.matchAll(/export (?:async )?function (read\w+)\(\s*inputs: (?:InputReader|Runner)/g);
  return [...readers].map((found) => found[1] ?? "");
}

/** Every action has these, written by the one place that ends a step. */
const common = ["verdict", "reasons", "report"];

/** The names of outputs that an action sets: the keys of what its source calls outputs. */
export function outputsSet(action: string): ReadonlySet<string> {
  const sources = filesBelow([`src/actions/${action}`], ".ts").map((file) => file.text);
  return new Set([...common, ...sources.flatMap(keysOfOutputs)]);
}

/** Whether a name stands as a key anywhere in an action's source: outputs may be gathered in functions of their own. */
export function isSetSomewhere(action: string, output: string): boolean {
  const key = new RegExp(`(?:"${output}"\\s*:|[{,\\s]${output}\\s*[:,}])`);
  const sources = filesBelow([`src/actions/${action}`], ".ts").map((file) => file.text);
  return common.includes(output) || sources.some((text) => key.test(text));
}

export function keysOfOutputs(source: string): readonly string[] {
  const literals = source.matchAll(/\b\w*[oO]utputs\b(?:: [^={\n]+)?\s*[:=]\s*\{/g);
  const returned = source.matchAll(/function \w*[oO]utputs\w*\([^)]*\)[^{]*\{[\s\S]*?return \{/g);
  return [...literals, ...returned].flatMap((found) =>
    topLevelKeys(source, (found.index ?? 0) + found[0].length),
  );
}

/** Keys of the object literal whose opening brace ends just before a place in the source. */
function topLevelKeys(source: string, start: number): readonly string[] {
  const keys: string[] = [];
  let depth = 1;
  let isKeyNext = true;
  for (let at = start; at < source.length && depth > 0; ) {
    const rest = source.slice(at);
    const key = isKeyNext && depth === 1 ? /^\s*(?:"([\w-]+)"|([a-z]\w*))\s*(?=[:,}\n])/.exec(rest) : null;
    const token =
      key?.[0] ?? /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|\/\/[^\n]*|[\s\S])/.exec(rest)?.[0] ?? " ";
    if (key !== null) keys.push(key[1] ?? key[2] ?? "");
    if (/^[{([]$/.test(token)) depth += 1;
    if (/^[})\]]$/.test(token)) depth -= 1;
    if (token === ",") isKeyNext = true;
    else if (token.trim() !== "") isKeyNext = false;
    at += token.length;
  }
  return keys;
}
