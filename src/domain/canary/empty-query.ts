import { nearestWords } from "../document/nearest-word.ts";
import { isMatched, type Matcher, type Selector, selects } from "./selector.ts";
import type { Series } from "./series.ts";

/** What a store tells of itself. Undefined where it does not. */
export interface KnownSeries {
  readonly names?: readonly string[] | undefined;
  /** Labels of the series that have the selector's metric. */
  readonly labelSets?: readonly Series["labels"][] | undefined;
}

const mostShown = 5;

export interface Emptiness {
  /** Why nothing is found, with what was probably meant. */
  readonly why: string;
  /** Whether what is asked for is not stored at all. Else it may only not have happened yet. */
  readonly isForeign: boolean;
}

/** Why a selector finds nothing; undefined where the store does not tell. */
export function explainEmpty(selector: Selector, { names, labelSets }: KnownSeries): Emptiness | undefined {
  const { metric } = selector;
  if (metric !== undefined && names !== undefined && !names.includes(metric)) {
    const near = nearestWords(metric, names, 3);
    const meant = near.length === 0 ? "" : `, did you mean ${either(near)}`;
    return { why: `no metric of this name is stored${meant}`, isForeign: true };
  }
  if (labelSets === undefined || labelSets.length === 0) return undefined;
  if (labelSets.some((labels) => selects(selector, labels)))
    return { why: "its series are stored without samples of then", isForeign: false };
  const culprit = selector.matchers.find(
    (matcher) => !labelSets.some((labels) => isMatched(matcher, labels)),
  );
  if (culprit !== undefined) return explainMatcher(culprit, labelSets);
  return { why: "each of its matchers finds series, and none has them all", isForeign: false };
}

function explainMatcher(
  { label, operator, value }: Matcher,
  labelSets: readonly Series["labels"][],
): Emptiness {
  const values = new Set(labelSets.flatMap((labels) => labels[label] ?? []));
  if (values.size > 0) {
    // Numbers are alike and mean other things, and a pattern is no word.
    const isWord = operator === "=" && /[a-z]{3}/i.test(value);
    const near = isWord ? nearestWords(value, [...values], 1) : [];
    const meant = near[0] === undefined ? "" : `, did you mean "${near[0]}"`;
    const why = `no series has ${label}${operator}"${value}": ${label} is ${either([...values])}${meant}`;
    return { why, isForeign: false };
  }
  const labels = [...new Set(labelSets.flatMap(Object.keys))].filter((name) => name !== "__name__");
  const near = nearestWords(label, labels, 1);
  const meant = near[0] === undefined ? `, the labels are ${listed(labels)}` : `, did you mean ${near[0]}`;
  return { why: `no series of it has the label ${label}${meant}`, isForeign: true };
}

function either(words: readonly string[]): string {
  const shown = words.slice(0, mostShown).map((word) => `"${word}"`);
  const rest = words.length - shown.length;
  return shown.join(" or ") + (rest > 0 ? ` or one of ${rest} others` : "");
}

function listed(words: readonly string[]): string {
  const shown = words.slice(0, 2 * mostShown);
  const rest = words.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} others` : "");
}

/**
 * Whether a metric's name is a slip rather than a counter that nothing has counted yet: nothing has the name, and
 * something has nearly the same.
 */
export function isSlip(metric: string, names: readonly string[] | undefined): boolean {
  if (names === undefined || names.includes(metric)) return false;
  const [near] = nearestWords(metric, names, 1);
  return (
    near !== undefined &&
    near.length > 8 &&
    Math.abs(near.length - metric.length) <= 1 &&
    differsInOnePlace(near, metric)
  );
}

function differsInOnePlace(left: string, right: string): boolean {
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let end = 0;
  const most = Math.min(left.length, right.length) - start;
  while (end < most && left.at(-1 - end) === right.at(-1 - end)) end++;
  return Math.max(left.length, right.length) - start - end <= 2;
}

/** The metrics that an expression reads, as far as a look at its words tells. */
export function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, "")
    .replaceAll(/\{[^}]*\}/g, "{}")
    .replaceAll(/\[[^\]]*\]/g, "")
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ");
  const words = [...bare.matchAll(/(?<![\w:.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g)].map(([word]) => word);
  return [...new Set(words.filter((word) => !operators.has(word)))];
}

const operators = new Set([
  "and",
  "or",
  "unless",
  "offset",
  "bool",
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "atan2",
]);
