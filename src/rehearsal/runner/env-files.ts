import { ConfigError } from "../../core/errors.ts";

/** The pairs of an output, environment or state file: `name=value` or `name<<DELIMITER` with lines. */
export function parsePairs(text: string): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = [];
  const lines = splitLines(text);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      pairs.push([named(line.slice(0, equals), line), line.slice(equals + 1)]);
    } else if (heredoc >= 0) {
      const name = named(line.slice(0, heredoc), line);
      const end = lines.indexOf(line.slice(heredoc + 2), index + 1);
      if (line.length === heredoc + 2)
        throw new ConfigError(`Invalid format '${line}': delimiter must not be empty`);
      if (end < 0)
        throw new ConfigError(`Invalid value: matching delimiter not found '${line.slice(heredoc + 2)}'`);
      pairs.push([name, lines.slice(index + 1, end).join("\n")]);
      index = end;
    } else {
      throw new ConfigError(`Invalid format '${line}'`);
    }
  }
  return pairs;
}

function named(name: string, line: string): string {
  if (name === "") throw new ConfigError(`Invalid format '${line}': name must not be empty`);
  return name;
}

/** The folders a step put in front of PATH, the last one first. */
export function parsePaths(text: string): readonly string[] {
  return splitLines(text)
    .filter((line) => line !== "")
    .reverse();
}

function splitLines(text: string): readonly string[] {
  return text.split(/\r?\n/);
}

/** Variables a step may not set for later steps. */
export function isBlockedVariable(name: string): boolean {
  return name.toUpperCase() === "NODE_OPTIONS";
}
