import { uniform } from "../../../src/domain/canary/seeded.ts";

/** Random numbers that a seed repeats. */
export interface Random {
  /** Uniform from 0 to 1. */
  next(): number;
  /** A whole number below the limit. */
  below(limit: number): number;
  /** How many of `n` trials come out at the given rate. */
  binomial(n: number, rate: number): number;
}

/** A small generator, enough for tests. */
export function seeded(seed: number): Random {
  const next = uniform(seed);
  const binomial = (n: number, rate: number) => {
    if (rate <= 0) return 0;
    // Skips from one hit to the next, so that rare hits are cheap.
    let hits = 0;
    for (let at = skip(next(), rate); at < n; at += 1 + skip(next(), rate)) hits++;
    return hits;
  };
  return { next, below: (limit) => Math.floor(next() * limit), binomial };
}

function skip(uniform: number, rate: number): number {
  return rate >= 1 ? 0 : Math.floor(Math.log(1 - uniform) / Math.log1p(-rate));
}

/** Log probability of each number of hits in n trials. */
export function binomialLogs(n: number, rate: number): readonly number[] {
  const logs: number[] = [];
  let choose = 0;
  for (let hits = 0; hits <= n; hits++) {
    logs.push(choose + times(hits, Math.log(rate)) + times(n - hits, Math.log1p(-rate)));
    choose += Math.log((n - hits) / (hits + 1));
  }
  return logs;
}

function times(count: number, log: number): number {
  return count === 0 ? 0 : count * log;
}
