import type { ArmCounts } from "../../src/domain/canary/counts.ts";
import type { Random } from "./random.ts";

/** A service under a canary, looked at once a minute. */
export interface Situation {
  readonly name: string;
  /** Requests a second of candidate and baseline. */
  readonly perSecond: readonly [number, number];
  /** Share of the baseline's requests that are errors. */
  readonly rate: number;
  /** The candidate's rate over the baseline's. */
  readonly times?: number;
  /** Mean number of errors of one burst; 1 is no bursts. */
  readonly burst?: number;
  /** Parts of traffic to the candidate, of 100, one after the other, while the rate drifts. */
  readonly steps?: readonly number[];
}

/** One minute of both arms. */
export interface Minute {
  readonly stratum: string;
  readonly counts: ArmCounts;
}

const seconds = 60;

/** The minute number `at` of `minutes`. Negative ones are before the rollout: the baseline alone, with all the traffic. */
export function minute(
  random: Random,
  situation: Situation,
  { at, minutes }: { at: number; minutes: number },
): Minute {
  const { perSecond, rate, times = 1, burst = 1, steps } = situation;
  const whole = perSecond[0] + perSecond[1];
  const step = steps?.[Math.min(steps.length - 1, Math.floor((Math.max(0, at) / minutes) * steps.length))];
  const share = at < 0 ? 0 : step === undefined ? perSecond[0] / whole : step / 100;
  // A day's rise and fall, an hour of it.
  const drift = steps === undefined ? 1 : 1 + 0.5 * Math.sin((2 * Math.PI * at) / minutes);
  const arm = (part: number, factor: number) => {
    const total = random.poisson(whole * part * seconds);
    return { bad: badOf(random, { total, rate: Math.min(1, rate * drift * factor), burst }), total };
  };
  return {
    stratum: String(step ?? share),
    counts: { candidate: arm(share, times), baseline: arm(1 - share, 1) },
  };
}

function badOf(
  random: Random,
  { total, rate, burst }: { total: number; rate: number; burst: number },
): number {
  if (burst <= 1) return random.binomial(total, rate);
  let bad = 0;
  for (let bursts = random.poisson((total * rate) / burst); bursts > 0; bursts--)
    bad += random.geometric(burst);
  return Math.min(total, bad);
}
