import { judgesOf, percent } from "./aa.ts";
import { ours } from "./judges.ts";
import { looks, median, type Played, play, type Seat, standardError } from "./play.ts";
import type { Situation } from "./traffic.ts";

/** A regression with what the tables of the design measured for g = 1 and g = 1.2, dispersion 1. */
interface Regression extends Situation {
  readonly found: readonly [number, number];
  readonly look: readonly [number | undefined, number | undefined];
}

const steps = [10, 20, 40];
export const regressions: readonly Regression[] = [
  { name: "twice", perSecond: [1, 9], rate: 0.005, times: 2, found: [0.73, 0.44], look: [38, undefined] },
  { name: "four times", perSecond: [1, 9], rate: 0.005, times: 4, found: [1, 1], look: [6, 8] },
  { name: "ten times", perSecond: [1, 9], rate: 0.005, times: 10, found: [1, 1], look: [2, 2] },
  {
    name: "twenty times, sparse",
    perSecond: [0.2, 1.8],
    rate: 0.001,
    times: 20,
    found: [1, 1],
    look: [11, 12],
  },
  {
    name: "twice, weight steps and drift",
    perSecond: [5, 45],
    rate: 0.005,
    times: 2,
    steps,
    found: [1, 1],
    look: [9, 15],
  },
];

/** Share of regressions found within 60 looks and the median look, beside the peers. */
export function canaryPower(runs = Number(process.env.RUNS ?? 4000)) {
  const seats: readonly Seat[] = [{ judge: ours(1.2, "fixed"), runs }, ...judgesOf(runs)];
  const rows = regressions.flatMap((situation) =>
    play(situation, seats).map(({ failed, failedAt, runs: shown }, index) => {
      const judge = seats[index]?.judge.name ?? "";
      const share = failed / shown;
      const medianLook = medianOfAll(failedAt, shown);
      return {
        regression: situation.name,
        judge,
        runs: shown,
        found: percent(share),
        medianLook,
        bar: barOf(situation, judge, { failedAt, runs: shown }),
      };
    }),
  );
  return { bench: "canary-power", looks, alpha: 0.05, rows, passing: passing(runs) };
}

/** The look by which half of all runs were found; undefined where that is never. */
function medianOfAll(foundAt: readonly number[], runs: number): number | undefined {
  const rest = Array.from({ length: runs - foundAt.length }, () => Number.POSITIVE_INFINITY);
  const middle = median([...foundAt, ...rest]);
  return middle === undefined || middle > looks ? undefined : middle;
}

/** The share within three standard errors or better, and half of the runs found by the look that was the median. */
function barOf(
  { found, look }: Regression,
  judge: string,
  { failedAt, runs }: Pick<Played, "failedAt" | "runs">,
): string {
  const index = ["sluice, g 1, dispersion fixed", "sluice, g 1.2, dispersion fixed"].indexOf(judge);
  const wanted = found[index];
  if (wanted === undefined) return "";
  // The table has whole percents: 100 in it stands for anything from 99.5.
  const known = Math.min(wanted, 0.995);
  const least = known - 3 * standardError(known, runs);
  const isFound = failedAt.length / runs >= least;
  const middle = look[index];
  if (middle === undefined) return `${isFound ? "met" : "missed"} (at least ${percent(least)})`;
  const half = 0.5 - 3 * standardError(0.5, runs);
  const isInTime = failedAt.filter((one) => one <= middle).length / runs >= half;
  const bar = `at least ${percent(least)}, and ${percent(half)} by look ${middle}`;
  return `${isFound && isInTime ? "met" : "missed"} (${bar})`;
}

const services = [0, 0.0001, 0.0005, 0.005].flatMap((rate) =>
  [1, 10, 100].map((perSecond) => ({ rate, perSecond })),
);
const defaultRamp = [5, 15, 25, 35, 45, 55, 65, 75, 85, 95];
const minutesPerStep = 15;

/** Equal versions over the default ramp: how many pass, and after how many minutes. */
function passing(runs: number) {
  const wanted = Math.min(runs, 400);
  return services.map(({ rate, perSecond }) => {
    const situation: Situation = {
      name: `${perSecond} requests/s, ${percent(rate)} errors`,
      perSecond: [perSecond / 2, perSecond / 2],
      rate,
      steps: defaultRamp,
    };
    const judge = ours(1.2, "estimated", { share: 0.01 });
    const [played] = play(situation, [{ judge, runs: wanted }], defaultRamp.length * minutesPerStep);
    const { passed = 0, failed = 0, passedAt = [] } = played ?? {};
    return {
      situation: `${perSecond} requests/s, ${(rate * 100).toFixed(2)} % errors`,
      runs: wanted,
      passed: percent(passed / wanted),
      falseAlarms: percent(failed / wanted),
      medianMinutesToPass: median(passedAt),
    };
  });
}
