/** The known words that were probably meant, best first. Names of several parts may also be alike in their parts. */
export function nearestWords(asked: string, known: readonly string[], most: number): readonly string[] {
  const ranked = known
    .map((word) => ({ word, likeness: likenessOf(asked, word) }))
    .toSorted((a, b) => b.likeness - a.likeness || (a.word < b.word ? -1 : 1));
  const least = Math.max(leastLikeness, (ranked[0]?.likeness ?? 0) - likenessSpread);
  return ranked
    .filter(({ likeness }) => likeness >= least)
    .slice(0, most)
    .map(({ word }) => word);
}

const leastLikeness = 0.5;
/** Beside a word that is nearly the same, one that is half the same is no help. */
const likenessSpread = 0.15;

function likenessOf(left: string, right: string): number {
  const longest = Math.max(left.length, right.length, 1);
  const parts = sharedParts(left, right);
  // Too different in length to be a slip: the costly comparison is spared.
  if (Math.abs(left.length - right.length) > longest / 2) return parts;
  return Math.max(parts, 1 - editDistance(left, right) / longest);
}

function sharedParts(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  const shared = a.intersection(b).size;
  return shared / Math.max(1, a.union(b).size);
}

function partsOf(word: string): ReadonlySet<string> {
  return new Set(
    word
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((part) => part !== ""),
  );
}

/** How many characters have to be changed, added or left out. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, a] of [...left].entries()) {
    const next = [i + 1];
    for (const [j, b] of [...right].entries()) {
      const change = (row[j] ?? 0) + (a === b ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
