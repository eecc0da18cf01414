import * as z from "zod/mini";
import { ConfigError } from "../core/errors.ts";
import { type Evidence, evidenceSchema } from "../domain/evidence/evidence.ts";

const text = z.optional(z.string());

/** The shape of an evidence file. `schemas/evidence.schema.json` is written from it. */
export const evidenceShape = z.strictObject({
  schema: z.literal(evidenceSchema),
  action: z.string(),
  mode: text,
  verdict: z.enum(["pass", "fail", "inconclusive"]),
  reasons: z.array(z.string()),
  subject: z.strictObject({
    digest: z.optional(z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/))),
    image: text,
    release: text,
    namespace: text,
    environment: text,
    url: text,
    path: text,
  }),
  run: z.strictObject({
    repository: z.string(),
    commit: z.string(),
    runId: z.string(),
    attempt: z.number(),
    job: z.string(),
    actor: z.string(),
    url: z.string(),
  }),
  startedAt: z.string(),
  finishedAt: z.string(),
  details: z.record(z.string(), z.unknown()),
});

/** Takes a document for evidence only when it has the shape; the error names the first place that has not. */
export function parseEvidence(document: unknown): Evidence {
  const parsed = z.safeParse(evidenceShape, document);
  if (parsed.success) return parsed.data as Evidence;
  const first = parsed.error.issues[0];
  const unknown = first?.code === "unrecognized_keys" ? first.keys : [];
  const place = [...(first?.path ?? []), ...unknown].join(".") || "the file";
  throw new ConfigError(
    `${place} ${unknown.length > 0 ? "is not known" : "is missing or has a wrong value"}`,
  );
}
