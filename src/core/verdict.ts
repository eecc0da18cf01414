/** The answer of a gate. A gate that says no has worked: it returns a verdict and does not throw. */
export type Verdict =
  | { readonly kind: "pass" }
  | { readonly kind: "fail"; readonly reasons: readonly [string, ...string[]] }
  | { readonly kind: "inconclusive"; readonly missing: readonly [string, ...string[]] };

export type VerdictKind = Verdict["kind"];

export const pass: Verdict = { kind: "pass" };

export function fail(first: string, ...more: readonly string[]): Verdict {
  return { kind: "fail", reasons: [first, ...more] };
}

export function inconclusive(first: string, ...more: readonly string[]): Verdict {
  return { kind: "inconclusive", missing: [first, ...more] };
}

/** The sentences behind a verdict, empty on pass. */
export function reasonsOf(verdict: Verdict): readonly string[] {
  switch (verdict.kind) {
    case "pass":
      return [];
    case "fail":
      return verdict.reasons;
    case "inconclusive":
      return verdict.missing;
  }
}

/** The verdict of several judgements: any fail fails, else any gap is a gap, and nothing judged is a gap. */
export function combine(verdicts: readonly Verdict[], nothing = "nothing was judged"): Verdict {
  const failed = verdicts.filter((one) => one.kind === "fail").flatMap((one) => one.reasons);
  if (isNonEmpty(failed)) return { kind: "fail", reasons: failed };
  const missing = verdicts.filter((one) => one.kind === "inconclusive").flatMap((one) => one.missing);
  if (isNonEmpty(missing)) return { kind: "inconclusive", missing };
  return verdicts.length > 0 ? pass : inconclusive(nothing);
}

function isNonEmpty(list: readonly string[]): list is readonly [string, ...string[]] {
  return list.length > 0;
}

/** The verdict with one more reason; a pass with a reason against it is none. */
export function withReason(verdict: Verdict, reason: string): Verdict {
  if (verdict.kind === "fail") return fail(verdict.reasons[0], ...verdict.reasons.slice(1), reason);
  if (verdict.kind === "pass") return inconclusive(reason);
  return inconclusive(verdict.missing[0], ...verdict.missing.slice(1), reason);
}
