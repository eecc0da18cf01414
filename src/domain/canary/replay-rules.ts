import { ConfigError } from "../../core/errors.ts";
import { isCounted, type Metric } from "./metric.ts";
import { goesOn, type RecordedSettings, type Recording } from "./recording.ts";
import type { ReplayRules } from "./replay.ts";

/** What a replay is to judge otherwise than it was judged. Absent is as recorded. */
export interface ReplayChanges {
  readonly confidence?: number;
  readonly toleratedRatio?: number;
  readonly unacceptableRatio?: number;
  readonly minimumRequests?: number;
}

export interface ChangedRules extends ReplayRules {
  /** A sentence for each rule that is not the recorded one. */
  readonly changed: readonly string[];
}

const names = {
  confidence: "confidence",
  toleratedRatio: "tolerated-ratio",
  unacceptableRatio: "unacceptable-ratio",
  minimumRequests: "minimum-requests",
} as const;

/** The recorded settings with what is changed. */
export function settingsFor({ settings }: Recording, changes: ReplayChanges): RecordedSettings {
  const changed = { ...settings, ...changes };
  if (changed.unacceptableRatio > changed.toleratedRatio) return changed;
  throw new ConfigError(
    `Input "unacceptable-ratio" must be above tolerated-ratio (${changed.toleratedRatio}): got "${changed.unacceptableRatio}"`,
  );
}

/**
 * The rules of a replay: of a changed metrics file, or the recorded ones, of which those follow a changed ratio that had
 * the recorded one. What the recording does not hold is refused.
 */
export function rulesFor(
  recording: Recording,
  changes: ReplayChanges,
  given?: readonly Metric[],
): ChangedRules {
  const settings = settingsFor(recording, changes);
  const metrics =
    given ?? recording.metrics.map((metric) => withRatios(metric, recording.settings, settings));
  for (const metric of metrics) mustBeRecorded(recording, metric);
  const fields = ["confidence", "toleratedRatio", "unacceptableRatio", "minimumRequests"] as const;
  const settingsChanged = fields
    .filter((field) => settings[field] !== recording.settings[field])
    .map((field) => `${names[field]} ${settings[field]} in place of ${recording.settings[field]}`);
  const metricsChanged = given === undefined ? [] : differencesOf(recording.metrics, given);
  return { settings, metrics, changed: [...settingsChanged, ...metricsChanged] };
}

function withRatios(metric: Metric, from: RecordedSettings, to: RecordedSettings): Metric {
  const follow = <T extends { readonly toleratedRatio: number; readonly unacceptableRatio: number }>(
    rule: T,
  ): T => ({
    ...rule,
    toleratedRatio: rule.toleratedRatio === from.toleratedRatio ? to.toleratedRatio : rule.toleratedRatio,
    unacceptableRatio:
      rule.unacceptableRatio === from.unacceptableRatio ? to.unacceptableRatio : rule.unacceptableRatio,
  });
  if (isCounted(metric)) return follow(metric);
  return metric.compare === undefined ? metric : { ...metric, compare: follow(metric.compare) };
}

function mustBeRecorded(recording: Recording, metric: Metric): void {
  const known = recording.metrics.find(({ name }) => name === metric.name);
  if (known === undefined) {
    const all = recording.metrics.map(({ name }) => name).join(", ");
    throw new ConfigError(
      `Input "metrics" must name metrics of the recording (${all}) in mode replay: got "${metric.name}"`,
    );
  }
  if (!isSame(known.source, metric.source) || !isSame(strataOf(known), strataOf(metric)))
    throw new ConfigError(
      `Input "metrics" must ask what the recording asked in mode replay, which has no answers to other queries: got another query or other strata for "${metric.name}"`,
    );
  if (goesOn(recording, metric.name) && !isSame(ruleOf(known), ruleOf(metric)))
    throw new ConfigError(
      `Input "metrics" must keep the rule of "${metric.name}": the recording goes on from an earlier run, of which it has sums by that rule alone`,
    );
}

function strataOf(metric: Metric): readonly string[] {
  return isCounted(metric) ? (metric.strata ?? []) : [];
}

/** What the sums depend on: weight and importance only matter when they are read. */
function ruleOf({ weight: _weight, critical: _critical, ...rule }: Metric): object {
  return rule;
}

function differencesOf(recorded: readonly Metric[], given: readonly Metric[]): readonly string[] {
  const gone = recorded.filter(({ name }) => !given.some((one) => one.name === name));
  const other = given.filter((metric) => !recorded.some((one) => isSame(one, metric)));
  return [
    ...other.map(({ name }) => `another rule for ${name}`),
    ...gone.map(({ name }) => `without ${name}`),
  ];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(
    entries.map(([key, one]) => [key, sorted(one)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
