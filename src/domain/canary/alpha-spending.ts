import { normalCdf, normalQuantile } from "../kayenta/normal.ts";

/**
 * How much of alpha may be spent by a share of the planned time, in the manner of O'Brien and Fleming: 2 - 2 Phi(z(1 -
 * alpha/2) / sqrt(t)), Lan and DeMets (1983). Early looks get next to nothing, the last nearly all.
 */
export function spentBy(share: number, alpha: number): number {
  if (!(share > 0)) return 0;
  return share >= 1 ? alpha : 2 - 2 * normalCdf(normalQuantile(1 - alpha / 2) / Math.sqrt(share));
}

/** The part of alpha for each of so many looks at equal distances. */
export function plannedAlphas(looks: number, alpha: number): readonly number[] {
  return Array.from(
    { length: looks },
    (_, index) => spentBy((index + 1) / looks, alpha) - spentBy(index / looks, alpha),
  );
}
