import * as z from "zod/mini";

const criterion = z.strictObject({
  operator: z.enum(["<", "<=", "=", ">=", ">"]),
  amount: z.number(),
  kind: z.enum(["absolute", "percent", "difference"]),
});
const criteria = z.array(z.array(criterion));

const named = { name: z.string(), weight: z.number(), critical: z.boolean() };

const counted = z.looseObject({
  ...named,
  source: z.union([
    z.strictObject({ kind: z.literal("errors"), errors: z.string(), requests: z.string() }),
    z.strictObject({ kind: z.literal("latency"), buckets: z.string() }),
  ]),
  limit: z.optional(z.strictObject({ share: z.number(), seconds: z.optional(z.number()) })),
  strata: z.optional(z.array(z.string())),
  toleratedRatio: z.number(),
  unacceptableRatio: z.number(),
});

const valued = z.looseObject({
  ...named,
  source: z.union([
    z.strictObject({ kind: z.literal("gauge"), gauge: z.string() }),
    z.strictObject({ kind: z.literal("value"), query: z.string() }),
  ]),
  compare: z.optional(
    z.looseObject({
      direction: z.string(),
      toleratedRatio: z.number(),
      unacceptableRatio: z.number(),
      test: z.looseObject({ kind: z.string() }),
    }),
  ),
  kayenta: z.optional(
    z.looseObject({
      rule: z.looseObject({ confidence: z.number(), tolerance: z.number() }),
      groups: z.array(z.string()),
      intervals: z.number(),
    }),
  ),
  measure: z.optional(
    z.looseObject({
      pass: z.optional(criteria),
      warning: z.optional(criteria),
      fail: z.optional(criteria),
      failureLimit: z.number(),
      inconclusiveLimit: z.number(),
      consecutiveErrors: z.number(),
      consecutiveSuccesses: z.number(),
    }),
  ),
});

const lines = z.array(z.string());

/** The form of a recording, as it lies in an evidence file. */
export const recordingShape = z.strictObject({
  version: z.literal(1),
  settings: z.strictObject({
    confidence: z.number(),
    toleratedRatio: z.number(),
    unacceptableRatio: z.number(),
    minimumRequests: z.number(),
    freshMs: z.number(),
  }),
  plan: z.union([
    z.strictObject({ kind: z.literal("analyze"), durationMs: z.number() }),
    z.strictObject({
      kind: z.literal("ramp"),
      steps: z.array(z.strictObject({ weight: z.number(), holdMs: z.number() })),
      promotesEarly: z.boolean(),
    }),
  ]),
  metrics: z.array(z.union([counted, valued])),
  begun: z.record(z.string(), z.unknown()),
  strata: lines,
  looks: lines,
  problems: z.record(z.string(), z.string()),
  found: z.record(z.string(), z.strictObject({ roles: lines, looks: lines })),
  curve: z.record(z.string(), lines),
  ending: z.strictObject({
    verdict: z.enum(["pass", "fail", "inconclusive"]),
    reasons: lines,
    homeProblem: z.optional(z.string()),
    pValue: z.number(),
  }),
});

export type RecordingDocument = z.infer<typeof recordingShape>;

/** Logarithms of evidence: none at all is an infinity, which is no number to zod. */
const log = z.custom<number>((value) => typeof value === "number");
const sums = z.array(log);
const counts = z.strictObject({ bad: log, total: log });
const armCounts = z.strictObject({ candidate: counts, baseline: counts, tolerated: z.optional(counts) });
const countedState = z.strictObject({
  streams: z.record(
    z.string(),
    z.strictObject({
      worse: sums,
      notWorse: sums,
      over: sums,
      under: sums,
      waiting: z.record(z.string(), armCounts),
      strata: z.record(z.string(), armCounts),
    }),
  ),
  peakAgainst: log,
  clustering: z.record(
    z.string(),
    z.strictObject({
      seen: log,
      expected: log,
      pairs: log,
      waiting: z.record(z.string(), counts),
    }),
  ),
});

const pair = z.strictObject({ candidate: log, baseline: log });
const valuedState = z.looseObject({
  compared: z.looseObject({
    history: sums,
    pairs: z.array(pair),
    worse: sums,
    notWorse: sums,
    signed: log,
    nextSignAt: log,
    worseAt: sums,
  }),
  measured: z.looseObject({
    passed: log,
    failed: log,
    inconclusive: log,
    errorsInRow: log,
    passedInRow: log,
  }),
  peakAgainst: log,
  kayenta: z.optional(z.strictObject({ candidate: sums, baseline: sums })),
});

const newest = z.looseObject({});

/** The form of what was known before the first look. */
export const begunShape = z.record(
  z.string(),
  z.union([
    z.looseObject({
      kind: z.literal("counted"),
      candidate: newest,
      baseline: newest,
      judged: countedState,
      requests: z.record(z.string(), log),
    }),
    z.looseObject({ kind: z.literal("valued"), judged: valuedState, newestMs: newest }),
  ]),
);
