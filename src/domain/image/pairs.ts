import { ConfigError } from "../../core/errors.ts";

export interface PairRule {
  /** The input the entries come from, for the error. */
  readonly input: string;
  readonly key: RegExp;
  /** Values that are secret are not quoted in an error. */
  readonly isSecret?: boolean;
}

/** The entries `KEY=value` of an input. The value may hold anything, `=` and commas included. */
export function parsePairs(entries: readonly string[], rule: PairRule): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const entry of entries) {
    const equals = entry.indexOf("=");
    const key = entry.slice(0, Math.max(0, equals)).trim();
    if (equals === -1 || !rule.key.test(key)) {
      throw new ConfigError(`Input "${rule.input}" must hold lines KEY=value: got ${shown(entry, rule)}`);
    }
    if (pairs.has(key))
      throw new ConfigError(`Input "${rule.input}" must name each key once: got "${key}" twice`);
    pairs.set(key, entry.slice(equals + 1));
  }
  return pairs;
}

function shown(entry: string, { isSecret }: PairRule): string {
  return isSecret === true ? "a line that is not shown, as it may be secret" : `"${entry}"`;
}
