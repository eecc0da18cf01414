import {
  addLook,
  judgeMetric,
  type MetricState,
  noteBaseline,
  startMetric,
} from "../../src/domain/canary/judge.ts";
import type { CountedMetric, MetricLimit } from "../../src/domain/canary/metric.ts";
import { classify, type KayentaRule } from "../../src/domain/kayenta/classify.ts";
import type { Minute } from "./traffic.ts";

/** What a judge says of all minutes so far; a ramp that would pass goes on to its last step and may still fail. */
export type Answer = "fail" | "pass" | undefined;

/** A judge that is shown one minute after the other. */
export interface Judge {
  readonly name: string;
  begin(history: readonly Minute[]): { look(minute: Minute): Answer };
}

const metric: CountedMetric = {
  name: "errors",
  source: { kind: "errors", errors: "e", requests: "r" },
  toleratedRatio: 1,
  unacceptableRatio: 2,
  weight: 1,
  critical: true,
};

/** Ours. `estimated` takes the dispersion from the baseline's last hour; else it is fixed at 1. */
export function ours(toleratedRatio: number, dispersion: "fixed" | "estimated", limit?: MetricLimit): Judge {
  const rule: CountedMetric = { ...metric, toleratedRatio, ...(limit === undefined ? {} : { limit }) };
  const fixed = (state: MetricState): MetricState =>
    dispersion === "fixed" ? { ...state, clustering: {} } : state;
  return {
    name: `sluice, g ${toleratedRatio}, dispersion ${dispersion}`,
    begin: (history) => {
      let state = fixed(noteBaseline(startMetric(), history.map(batchOf)));
      return {
        look: (minute) => {
          state = fixed(addLook(rule, state, [batchOf(minute)]));
          const { kind } = judgeMetric(rule, state, { alpha: 0.05, beta: 0.05 });
          return kind === "failed" ? "fail" : kind === "passed" ? "pass" : undefined;
        },
      };
    },
  };
}

function batchOf({ stratum, counts }: Minute) {
  return { stratum, streams: { errors: counts } };
}

/** Fisher's exact test of all requests so far, at every look, one-sided at 5 %. */
export const fisher: Judge = {
  name: "Fisher, each look",
  begin: () => {
    const sum = { ec: 0, nc: 0, eb: 0, nb: 0 };
    return {
      look: (minute) => {
        add(sum, minute);
        return hypergeometricTail(sum) <= 0.05 ? "fail" : undefined;
      },
    };
  },
};

interface Sums {
  ec: number;
  nc: number;
  eb: number;
  nb: number;
}

function add(sum: Sums, { counts: { candidate, baseline } }: Minute): void {
  sum.ec += candidate.bad;
  sum.nc += candidate.total;
  sum.eb += baseline.bad;
  sum.nb += baseline.total;
}

/** The chance that at least `ec` of all bad requests are the candidate's, with all sums given. */
function hypergeometricTail({ ec, nc, eb, nb }: Sums): number {
  const bad = ec + eb;
  let log = logChoose(nc, ec) + logChoose(nb, bad - ec) - logChoose(nc + nb, bad);
  let tail = 0;
  for (let hits = ec; hits <= Math.min(bad, nc); hits++) {
    const term = Math.exp(log);
    tail += term;
    if (term < 1e-12 * tail) break;
    log += Math.log((nc - hits) * (bad - hits)) - Math.log((hits + 1) * (nb - bad + hits + 1));
  }
  return Math.min(1, tail);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

// Stirling's series; below 10 by multiplication.
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}

/** The mixture sequential probability ratio test with a normal prior of 0.5 percentage points on the difference. */
export const mixtureSprt: Judge = {
  name: "mSPRT",
  begin: () => {
    const sum = { ec: 0, nc: 0, eb: 0, nb: 0 };
    return {
      look: (minute) => {
        add(sum, minute);
        const difference = sum.ec / sum.nc - sum.eb / sum.nb;
        const rate = (sum.ec + sum.eb) / (sum.nc + sum.nb);
        const variance = rate * (1 - rate) * (1 / sum.nc + 1 / sum.nb);
        if (!(variance > 0)) return undefined;
        const prior = 0.005 ** 2;
        const log =
          0.5 * Math.log(variance / (variance + prior)) +
          (prior * difference ** 2) / (2 * variance * (variance + prior));
        // One-sided: twice the evidence of the two-sided test where the candidate is the worse one.
        return difference > 0 && log + Math.log(2) >= Math.log(1 / 0.05) ? "fail" : undefined;
      },
    };
  },
};

const rule: KayentaRule = {
  direction: "increase",
  nanStrategy: "remove",
  critical: true,
  mustHaveData: false,
  tolerance: 0.25,
  confidence: 0.98,
  effect: "meanRatio",
  allowedIncrease: 1,
  allowedDecrease: 1,
  criticalIncrease: 1,
  criticalDecrease: 1,
};

/** Kayenta's Mann-Whitney on error shares by the minute, over a growing window, from two points on. */
export const mannWhitney: Judge = {
  name: "Mann-Whitney (Kayenta), each look",
  begin: () => {
    const candidate: number[] = [];
    const baseline: number[] = [];
    return {
      look: ({ counts }) => {
        candidate.push(counts.candidate.bad / Math.max(1, counts.candidate.total));
        baseline.push(counts.baseline.bad / Math.max(1, counts.baseline.total));
        if (candidate.length < 2) return undefined;
        const { classification } = classify(candidate, baseline, rule, () => 0);
        return classification === "High" ? "fail" : undefined;
      },
    };
  },
};
