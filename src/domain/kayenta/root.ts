export interface Bracket {
  readonly from: number;
  readonly to: number;
  /** Absolute, on the argument. */
  readonly tolerance: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const mostSteps = 1000;
const epsilon = 2.220446049250313e-16;

/**
 * A root of a function between two points by Brent's method (Algorithms for Minimization without Derivatives, 1973, ch.
 * 4): inverse quadratic or linear interpolation where it gains, else bisection. After the last step the best point stands.
 */
export function findRoot(f: (x: number) => number, { from, to, tolerance }: Bracket): number {
  const at = (x: number): Point => ({ x, y: f(x) });
  let before = at(from);
  let best = at(to);
  let other = before;
  if (before.y === 0) return from;
  if (best.y === 0) return to;
  for (let step = 0; step <= mostSteps; step++) {
    const lastMove = best.x - before.x;
    if (Math.abs(other.y) < Math.abs(best.y)) {
      before = best;
      best = other;
      other = before;
    }
    const enough = 2 * epsilon * Math.abs(best.x) + tolerance / 2;
    const half = (other.x - best.x) / 2;
    if (Math.abs(half) <= enough || best.y === 0) return best.x;
    const mayInterpolate = Math.abs(lastMove) >= enough && Math.abs(before.y) > Math.abs(best.y);
    const wanted = mayInterpolate ? interpolated({ before, best, other }, { lastMove, enough, half }) : half;
    const move = Math.abs(wanted) < enough ? (wanted > 0 ? enough : -enough) : wanted;
    before = best;
    best = at(best.x + move);
    if ((best.y > 0 && other.y > 0) || (best.y < 0 && other.y < 0)) other = before;
  }
  return best.x;
}

interface Three {
  readonly before: Point;
  readonly best: Point;
  readonly other: Point;
}

interface Steps {
  readonly lastMove: number;
  readonly enough: number;
  readonly half: number;
}

/** The interpolated move, or half the bracket where interpolation would go too far or gain too little. */
function interpolated({ before, best, other }: Three, { lastMove, enough, half }: Steps): number {
  const width = other.x - best.x;
  const ratio = best.y / before.y;
  let p: number;
  let q: number;
  if (before.x === other.x) {
    p = width * ratio;
    q = 1 - ratio;
  } else {
    const [toOther, bestToOther] = [before.y / other.y, best.y / other.y];
    p = ratio * (width * toOther * (toOther - bestToOther) - (best.x - before.x) * (bestToOther - 1));
    q = (toOther - 1) * (bestToOther - 1) * (ratio - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const gains = p < 0.75 * width * q - Math.abs(enough * q) / 2 && p < Math.abs((lastMove * q) / 2);
  return gains ? p / q : half;
}
