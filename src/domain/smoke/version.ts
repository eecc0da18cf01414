import { textAt } from "../../core/json.ts";

/** Whether a version endpoint's answer names the version: JSON's `version`, a JSON string, or a whole word of the text. */
export function namesVersion(body: string, version: string): boolean {
  const answered = versionIn(body);
  return answered === version || (answered === undefined && body.split(/[\s"',;=<>]+/).includes(version));
}

/** What the endpoint answered, for a message. */
export function shownVersion(body: string): string {
  const text = versionIn(body) ?? body.trim();
  return text === "" ? "nothing" : JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 60)}…`);
}

function versionIn(body: string): string | undefined {
  try {
    const document: unknown = JSON.parse(body);
    return typeof document === "string" ? document : textAt(document, "version");
  } catch {
    return undefined;
  }
}
