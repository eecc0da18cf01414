import { ConfigError } from "../../core/errors.ts";

const oneMatcher = String.raw`[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"`;
const matcherList = new RegExp(String.raw`^${oneMatcher}(?:\s*,\s*${oneMatcher})*$`);

/** The label matchers of an arm, which cannot close the selector that they are put into. */
export function readMatchers(input: string, text: string): string {
  if (matcherList.test(text)) return text;
  throw new ConfigError(`Input "${input}" must be label matchers such as track="stable": got "${text}"`);
}
