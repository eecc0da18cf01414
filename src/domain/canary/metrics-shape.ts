import * as z from "zod/mini";

const filled = z.string({ error: "must be text" }).check(z.minLength(1, { error: "must not be empty" }));
const limitRule = {
  error: 'must be a share such as 1% or 0.01, or for buckets a quantile such as "p95 500ms"',
};

const criteria = z.union([filled, z.array(filled).check(z.minLength(1, { error: "must not be empty" }))], {
  error: 'must be a criterion such as "> 0.95", or a list of them',
});
const count = (least: number) =>
  z
    .int({ error: `must be a whole number from ${least}` })
    .check(z.gte(least, { error: `must be a whole number from ${least}` }), z.lte(100_000));

const positive = z
  .number({ error: "must be a number above 0" })
  .check(z.gt(0, { error: "must be a number above 0" }));
const score = z
  .number({ error: "must be a score from 0 to 100" })
  .check(
    z.gte(0, { error: "must be a score from 0 to 100" }),
    z.lte(100, { error: "must be a score from 0 to 100" }),
  );

/** In Kayenta's words, with hyphens. */
const kayenta = z.strictObject(
  {
    intervals: z.optional(count(1)),
    groups: z.optional(
      z
        .array(filled, { error: "must be a list of groups" })
        .check(z.minLength(1, { error: "must not be empty" })),
    ),
    nan: z.optional(z.enum(["remove", "replace"], { error: "must be remove or replace" })),
    outliers: z.optional(z.enum(["keep", "remove"], { error: "must be keep or remove" })),
    "outlier-factor": z.optional(positive),
    effect: z.optional(z.enum(["mean-ratio", "cles"], { error: "must be mean-ratio or cles" })),
    "allowed-increase": z.optional(positive),
    "allowed-decrease": z.optional(positive),
    "critical-increase": z.optional(positive),
    "critical-decrease": z.optional(positive),
    "must-have-data": z.optional(z.boolean({ error: "must be true or false" })),
    critical: z.optional(z.boolean({ error: "must be true or false" })),
    score: z.optional(
      z.strictObject(
        {
          pass: z.optional(score),
          marginal: z.optional(score),
          weights: z.optional(z.record(z.string(), score)),
        },
        { error: "must be a mapping with pass, marginal and weights" },
      ),
    ),
  },
  { error: "must be a mapping in Kayenta's words" },
);

/** The `metrics` format. `schemas/metrics.schema.json` is written from it, and a test compares the two. */
export const metricsShape = z
  .array(
    z.strictObject(
      {
        name: filled,
        errors: z.optional(filled),
        requests: z.optional(filled),
        buckets: z.optional(filled),
        gauge: z.optional(filled),
        query: z.optional(filled),
        strata: z.optional(
          z
            .array(z.string().check(z.regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: "must be a label" })), {
              error: "must be a list of labels",
            })
            .check(z.minLength(1, { error: "must not be empty" })),
        ),
        test: z.optional(
          z.enum(["sign", "mann-whitney", "kayenta", "none"], {
            error: "must be sign, mann-whitney, kayenta or none",
          }),
        ),
        direction: z.optional(
          z.enum(["increase", "decrease", "either"], { error: "must be increase, decrease or either" }),
        ),
        kayenta: z.optional(kayenta),
        looks: z.optional(count(1)),
        "pairs-per-look": z.optional(count(5)),
        pass: z.optional(criteria),
        warning: z.optional(criteria),
        fail: z.optional(criteria),
        "failure-limit": z.optional(count(0)),
        "inconclusive-limit": z.optional(count(0)),
        "consecutive-errors": z.optional(count(0)),
        "consecutive-successes": z.optional(count(0)),
        "tolerated-ratio": z.optional(
          z
            .number({ error: "must be a number from 1" })
            .check(
              z.gte(1, { error: "must be a number from 1" }),
              z.lte(100, { error: "must be at most 100" }),
            ),
        ),
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
