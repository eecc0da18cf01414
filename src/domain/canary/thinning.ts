/** So many intervals must be known before any may count: fewer do not tell how long a gauge remembers. */
export const fewestKnown = 40;
const mostKnown = 240;

// Signs of intervals that correlate no more than this are as good as independent ones to the test.
const forgotten = 0.1;
const longestMemory = 0.99;

/**
 * Of how many neighbouring intervals one may count, judged by the baseline's past, oldest first: as many as a series
 * whose memory fades geometrically takes to forget. Undefined where the past is too short to tell.
 */
export function thinning(past: readonly number[]): number | undefined {
  if (past.length < fewestKnown) return undefined;
  const known = past.slice(-mostKnown);
  const memory = memoryOf(known);
  const upper = Math.min(longestMemory, memory + Math.sqrt(Math.max(0, 1 - memory ** 2) / known.length));
  return upper <= forgotten ? 1 : Math.ceil(Math.log(forgotten) / Math.log(upper));
}

/**
 * The correlation of neighbours around a straight line, since a rise over the hour is no memory, corrected for what a
 * short series hides of it: about (2 + 4r)/n (Kendall 1954).
 */
function memoryOf(values: readonly number[]): number {
  const [mean, slope] = lineThrough(values);
  const middle = (values.length - 1) / 2;
  let [spread, together, scale, before] = [0, 0, 0, 0];
  for (const [index, value] of values.entries()) {
    const residual = value - mean - slope * (index - middle);
    spread += residual ** 2;
    together += residual * before;
    scale += value ** 2;
    before = residual;
  }
  // A gauge that never moves, or moves along a line, has nothing to remember.
  if (!(spread > 1e-18 * scale)) return 0;
  const found = together / spread;
  return Math.min(longestMemory, Math.max(0, found + (2 + 4 * found) / values.length));
}

/** Mean and slope of the straight line nearest to the values. */
function lineThrough(values: readonly number[]): readonly [number, number] {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [rise, run] = [0, 0];
  for (const [index, value] of values.entries()) {
    rise += (index - middle) * (value - mean);
    run += (index - middle) ** 2;
  }
  return [mean, rise / run];
}
