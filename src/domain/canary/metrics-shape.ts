import * as z from "zod/mini";

const filled = z.string({ error: "must be text" }).check(z.minLength(1, { error: "must not be empty" }));
const limitRule = {
  error: 'must be a share such as 1% or 0.01, or for buckets a quantile such as "p95 500ms"',
};

/** The `metrics` format. `schemas/metrics.schema.json` is written from it, and a test compares the two. */
export const metricsShape = z
  .array(
    z.strictObject(
      {
        name: filled,
        errors: z.optional(filled),
        requests: z.optional(filled),
        buckets: z.optional(filled),
        limit: z.optional(
          z.union(
            [
              z.number().check(z.gt(0, limitRule), z.lt(1, limitRule)),
              z
                .string()
                .check(z.regex(/^(\d+(\.\d+)?\s*%|p\d{1,2}(\.\d+)?\s+(\d+(\.\d+)?(ms|s|m))+)$/, limitRule)),
            ],
            limitRule,
          ),
        ),
        "unacceptable-ratio": z.optional(
          z
            .number({ error: "must be a number above 1" })
            .check(
              z.gt(1, { error: "must be a number above 1" }),
              z.lte(100, { error: "must be at most 100" }),
            ),
        ),
        weight: z.optional(
          z
            .number({ error: "must be a number above 0" })
            .check(
              z.gt(0, { error: "must be a number above 0" }),
              z.lte(1000, { error: "must be at most 1000" }),
            ),
        ),
        critical: z.optional(z.boolean({ error: "must be true or false" })),
      },
      { error: "must be a mapping with name and queries" },
    ),
    { error: "must be a list of metrics" },
  )
  .check(z.minLength(1, { error: "must be a list of at least one metric" }));

export type MetricsDocument = z.infer<typeof metricsShape>;
