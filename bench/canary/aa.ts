import { fisher, mannWhitney, mixtureSprt, ours } from "./judges.ts";
import { looks, play, type Seat } from "./play.ts";
import type { Situation } from "./traffic.ts";

/** Equal versions: every fail is a false alarm. */
export const equalVersions: readonly Situation[] = [
  { name: "10/90, 10 requests/s, 0.5 % errors", perSecond: [1, 9], rate: 0.005 },
  { name: "50/50, 10 requests/s, 0.5 % errors", perSecond: [5, 5], rate: 0.005 },
  { name: "90/10, 10 requests/s, 0.5 % errors", perSecond: [9, 1], rate: 0.005 },
  { name: "10/90, 2 requests/s, 0.1 % errors", perSecond: [0.2, 1.8], rate: 0.001 },
  { name: "10/90, 10 requests/s, 0.05 % errors", perSecond: [1, 9], rate: 0.0005 },
  { name: "50/50, 2 requests/s, 10 % errors", perSecond: [1, 1], rate: 0.1 },
  { name: "10/90, 2 requests/s, 70 % errors", perSecond: [0.2, 1.8], rate: 0.7 },
  { name: "weight 10, 20, 40 % under drift", perSecond: [5, 45], rate: 0.005, steps: [10, 20, 40] },
  {
    name: "weight 5 to 95 % under drift",
    perSecond: [1, 9],
    rate: 0.01,
    steps: [5, 15, 25, 35, 45, 55, 65, 75, 85, 95],
  },
  { name: "bursts of 5, 10/90, 0.5 % errors", perSecond: [1, 9], rate: 0.005, burst: 5 },
  { name: "bursts of 5, 50/50, 0.5 % errors", perSecond: [5, 5], rate: 0.005, burst: 5 },
  { name: "bursts of 20, 10/90, 1 % errors", perSecond: [1, 9], rate: 0.01, burst: 20 },
];

const slowRuns = 200;

/** Ours and the peers. Mann-Whitney is slow, so it sees fewer runs and says so. */
export function judgesOf(runs: number): readonly Seat[] {
  return [
    { judge: ours(1, "fixed"), runs },
    { judge: ours(1, "estimated"), runs },
    { judge: ours(1.2, "estimated"), runs },
    { judge: fisher, runs },
    { judge: mixtureSprt, runs },
    { judge: mannWhitney, runs: Math.min(runs, slowRuns) },
  ];
}

const mostFalseAlarms = 0.05;

/** Shares of false alarms over 60 looks, beside the peers. */
export function canaryAa(runs = Number(process.env.RUNS ?? 4000)) {
  const seats = judgesOf(runs);
  const rows = equalVersions.flatMap((situation) =>
    play(situation, seats).map(({ failed, passed, runs: shown }, index) => {
      const judge = seats[index]?.judge.name ?? "";
      const share = failed / shown;
      return {
        situation: situation.name,
        judge,
        runs: shown,
        falseAlarms: percent(share),
        passed: percent(passed / shown),
        bar: judge.endsWith("estimated") ? (share <= mostFalseAlarms ? "met" : "missed") : "",
      };
    }),
  );
  return {
    bench: "canary-aa",
    looks,
    alpha: mostFalseAlarms,
    bar: "at most 5 % for sluice with estimated dispersion",
    rows,
  };
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
