import { at, isRecord, parseJson, textAt } from "../../core/json.ts";

/** A revision as Helm keeps it, with every number as it was written. */
export interface StoredRelease {
  readonly document: { readonly [key: string]: unknown };
  readonly status: string;
  /**
   * Whether Helm applies it on the server, as new releases of Helm 4 are. On the client an upgrade compares with what
   * was deployed last: what a failed revision has added since stays.
   */
  readonly isServerSide: boolean;
}

interface ReviverContext {
  readonly source?: string;
}

/** What Go writes as a number may be larger than ours can hold; then its text is kept. */
function keepNumber(_key: string, value: unknown, context?: ReviverContext): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || String(value) === source) return value;
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source);
}

/** The revision in a document of Helm's storage, or undefined when it is not one. */
export function readStoredRelease(text: string): StoredRelease | undefined {
  if (parseJson(text) === undefined) return undefined;
  const document: unknown = JSON.parse(text, keepNumber);
  const status = textAt(document, "info", "status");
  if (!isRecord(document) || status === undefined) return undefined;
  return { document, status, isServerSide: textAt(document, "apply_method") === "ssa" };
}

/** The document with another status and description; everything else stays as it was. */
export function withStatus(
  { document }: StoredRelease,
  { status, description }: { readonly status: string; readonly description: string },
): string {
  const info = at(document, "info");
  return JSON.stringify({ ...document, info: { ...(isRecord(info) ? info : {}), status, description } });
}
