/** Coefficients of Acklam's rational approximation (2003); one step of Halley makes it exact to the last digits. */
const central = {
  over: [
    -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
    2.506628277459239,
  ],
  under: [
    -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
    -1.328068155288572e1, 1,
  ],
} as const;
const tail = {
  over: [
    -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  under: [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
} as const;
const tailBelow = 0.02425;

/** The quantile of the standard normal distribution for a probability between 0 and 1. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  const near = p < tailBelow ? tailQuantile(p) : centralQuantile(p);
  const error = normalCdf(near) - p;
  const step = error * Math.sqrt(2 * Math.PI) * Math.exp((near * near) / 2);
  return near - step / (1 + (near * step) / 2);
}

function centralQuantile(p: number): number {
  const q = p - 0.5;
  return (polynomial(central.over, q * q) * q) / polynomial(central.under, q * q);
}

function tailQuantile(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p));
  return polynomial(tail.over, q) / polynomial(tail.under, q);
}

/** The distribution function of the standard normal distribution. */
export function normalCdf(x: number): number {
  return x > 0 ? 1 - normalCdf(-x) : upperTail(-x);
}

// The area above x for x >= 0: a series near the centre, a continued fraction (Abramowitz and Stegun 26.2.14) beyond.
function upperTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x > 3) {
    let fraction = 0;
    for (let n = 120; n >= 1; n--) fraction = n / (x + fraction);
    return density / (x + fraction);
  }
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 - density * sum;
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, one) => sum * x + one, 0);
}
