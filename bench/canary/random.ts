import { uniform } from "../../src/domain/canary/seeded.ts";

/** Random numbers that a seed repeats. */
export interface Random {
  /** Uniform from 0 to 1. */
  next(): number;
  binomial(n: number, rate: number): number;
  poisson(mean: number): number;
  /** How often a trial that ends with the chance of 1/mean is made: at least 1. */
  geometric(mean: number): number;
}

export function seeded(seed: number): Random {
  const next = uniform(seed);
  // Skips from one hit to the next, so that rare hits are cheap.
  const skip = (rate: number) => Math.floor(Math.log(1 - next()) / Math.log1p(-rate));
  const rare = (n: number, rate: number) => {
    let hits = 0;
    for (let at = skip(rate); at < n; at += 1 + skip(rate)) hits++;
    return hits;
  };
  const binomial = (n: number, rate: number) => {
    if (!(rate > 0) || n <= 0) return 0;
    return rate > 0.5 ? n - rare(n, 1 - rate) : rare(n, rate);
  };
  const poisson = (mean: number): number => {
    const gap = () => -Math.log(1 - next());
    let count = 0;
    for (let time = gap(); time < mean; time += gap()) count++;
    return count;
  };
  return { next, binomial, poisson, geometric: (mean) => 1 + (mean <= 1 ? 0 : skip(1 / mean)) };
}
