/** Random numbers that a seed repeats. */
export interface Random {
  /** Uniform from 0 to below 1. */
  next(): number;
  /** A whole number below the limit. */
  below(limit: number): number;
  /** How many of `n` trials come out at the given rate. */
  binomial(n: number, rate: number): number;
}

/** Above so many expected hits the number is drawn from its normal approximation, which is off by less than a hit in ten. */
const manyHits = 200;

/** Uniform numbers from 0 to below 1 (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A small generator: good enough to split traffic, useless for secrets. */
export function seeded(seed: number): Random {
  const next = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const rare = (n: number, rate: number) => {
    let hits = 0;
    // Skips from one hit to the next, so that rare hits are cheap.
    for (let at = skip(next(), rate); at < n; at += 1 + skip(next(), rate)) hits++;
    return hits;
  };
  const binomial = (n: number, rate: number): number => {
    if (!(n > 0 && rate > 0)) return 0;
    if (rate >= 1) return n;
    if (rate > 0.5) return n - binomial(n, 1 - rate);
    const mean = n * rate;
    if (mean <= manyHits) return rare(n, rate);
    const drawn = Math.round(mean + normal() * Math.sqrt(mean * (1 - rate)));
    return Math.min(n, Math.max(0, drawn));
  };
  return { next, below: (limit) => Math.floor(next() * limit), binomial };
}

function skip(uniform: number, rate: number): number {
  return Math.floor(Math.log(1 - uniform) / Math.log1p(-rate));
}
