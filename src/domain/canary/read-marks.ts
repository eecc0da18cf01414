import { type CounterState, countGrowth, type Reading } from "./counters.ts";
import { targetOf } from "./series.ts";

/**
 * How far the counters of one arm were read: in place of each counter's last value, which the store still has, the time
 * of it. By target, one time for all its series or one for each role that differs.
 */
export interface ReadMarks {
  readonly roles: readonly string[];
  readonly targets: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The oldest last sample of any series. Reading from there finds them all again. */
  readonly oldestMs: number;
}

/** Stands for every role of a target that has no time of its own. */
const anyRole = "";

export function marksOf(state: CounterState): ReadMarks {
  let oldestMs = Number.POSITIVE_INFINITY;
  const targets = Object.entries(state.targets).map(([target, { last }]) => {
    const byRole: Record<string, number> = {};
    for (const [key, { ms }] of Object.entries(last)) {
      const role = key.slice(0, key.indexOf(" "));
      byRole[role] = Math.max(byRole[role] ?? Number.NEGATIVE_INFINITY, ms);
      oldestMs = Math.min(oldestMs, ms);
    }
    return [target, joined(byRole, state.roles)] as const;
  });
  return { roles: state.roles.toSorted(), targets: Object.fromEntries(targets), oldestMs };
}

/** Most targets are scraped at once: then one time says it all. A role that a target does not have gets none. */
function joined(byRole: Readonly<Record<string, number>>, roles: readonly string[]) {
  const times = new Set(Object.values(byRole));
  const [only] = times;
  const isWhole = roles.every((role) => role in byRole);
  return times.size === 1 && isWhole && only !== undefined ? { [anyRole]: only } : byRole;
}

/**
 * The counters as they were, from samples read again: what lies behind a mark is counted already, what lies after it was
 * not, even where it was scraped before the look and stored after it.
 */
export function recount(state: CounterState, reading: Reading, marks: ReadMarks): CounterState {
  const known = Object.entries(reading).map(([role, list]) => {
    const series = list.map((one) => {
      const target = marks.targets[targetOf(one.labels)];
      const shared = marks.roles.includes(role) ? target?.[anyRole] : undefined;
      const untilMs = target?.[role] ?? shared ?? Number.NEGATIVE_INFINITY;
      return { ...one, samples: one.samples.filter(({ ms }) => ms >= marks.oldestMs && ms <= untilMs) };
    });
    return [role, series] as const;
  });
  const window = { strata: [], untilMs: Number.POSITIVE_INFINITY, bornFromZero: false };
  return countGrowth(state, Object.fromEntries(known), window).state;
}
