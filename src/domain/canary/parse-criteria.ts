import { type Criteria, isRelative, parseCriterion } from "./criterion.ts";
import type { MeasureRule } from "./measurement.ts";
import type { Entry, Refuse } from "./parse-metrics.ts";

const keys = ["pass", "warning", "fail"] as const;
const limits = [
  "failure-limit",
  "inconclusive-limit",
  "consecutive-errors",
  "consecutive-successes",
] as const;

// As Argo has them.
const defaults = { failureLimit: 0, inconclusiveLimit: 0, consecutiveErrors: 4, consecutiveSuccesses: 0 };

/** The criteria of a metric of plain values; undefined where it has none. */
export function measureOf(entry: Entry, refuse: Refuse): MeasureRule | undefined {
  const [pass, warning, fail] = keys.map((key) => criteriaOf(entry, key, refuse));
  if (pass === undefined && fail === undefined) {
    if (warning !== undefined) throw refuse("warning", "needs pass: a warning is what does not quite pass");
    const lonely = limits.find((key) => entry[key] !== undefined);
    if (lonely !== undefined)
      throw refuse(lonely, "needs pass or fail: it limits how often they may not hold");
    return undefined;
  }
  return {
    ...(pass === undefined ? {} : { pass }),
    ...(warning === undefined ? {} : { warning }),
    ...(fail === undefined ? {} : { fail }),
    failureLimit: entry["failure-limit"] ?? defaults.failureLimit,
    inconclusiveLimit: entry["inconclusive-limit"] ?? defaults.inconclusiveLimit,
    consecutiveErrors: entry["consecutive-errors"] ?? defaults.consecutiveErrors,
    consecutiveSuccesses: entry["consecutive-successes"] ?? defaults.consecutiveSuccesses,
  };
}

function criteriaOf(entry: Entry, key: (typeof keys)[number], refuse: Refuse): Criteria | undefined {
  const given = entry[key];
  if (given === undefined) return undefined;
  return [given].flat().map((text) => {
    const criterion = parseCriterion(text);
    if (criterion !== undefined) return criterion;
    throw refuse(key, `must be a criterion such as "> 0.95" or "<= +10%": got ${JSON.stringify(text)}`);
  });
}

/** Whether any criterion is relative, so that the baseline must have a value too. */
export function needsBaseline({ pass, warning, fail }: MeasureRule): boolean {
  return [pass, warning, fail].some((criteria) => criteria?.flat().some(isRelative) === true);
}
