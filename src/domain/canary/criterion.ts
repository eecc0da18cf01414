/** One comparison of a value: with a number, or with the baseline's value made larger or smaller. */
export interface Criterion {
  readonly operator: "<" | "<=" | "=" | ">=" | ">";
  readonly amount: number;
  /** `percent` and `difference` are relative to the baseline; `absolute` needs none. */
  readonly kind: "absolute" | "percent" | "difference";
}

/** Alternatives of comparisons that must hold together. */
export type Criteria = readonly (readonly Criterion[])[];

const pattern = /^(<=|>=|<|>|=)\s*([+-]?)\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(%?)$/;

/**
 * Reads one alternative such as `> 0.95`, `<= +10%` or `>= 0.9, <= 1.1`, in the grammar of Keptn's quality gates: a sign
 * or a percent sign makes it relative, a percent without a sign counts as plus. Undefined where it is none.
 */
export function parseCriterion(text: string): readonly Criterion[] | undefined {
  const found = text.split(",").map((part) => pattern.exec(part.trim()));
  const criteria = found.flatMap((match) => (match === null ? [] : [criterionOf(match)]));
  return criteria.length === found.length ? criteria : undefined;
}

function criterionOf([, operator, sign, digits, percent]: RegExpExecArray): Criterion {
  const amount = Number(digits) * (sign === "-" ? -1 : 1);
  const kind = percent === "%" ? "percent" : sign === "" ? "absolute" : "difference";
  return { operator: operator as Criterion["operator"], amount, kind };
}

/** Whether a comparison needs the baseline's value. */
export function isRelative({ kind }: Criterion): boolean {
  return kind !== "absolute";
}

/** Whether any alternative holds. Undefined where a number is missing that it would need: nothing is shown then. */
export function meets(
  criteria: Criteria,
  { value, baseline }: { readonly value: number; readonly baseline: number | undefined },
): boolean | undefined {
  if (!Number.isFinite(value)) return undefined;
  const answers = criteria.map((together) => {
    const single = together.map((one) => holds(one, value, baseline));
    return single.includes(undefined) ? undefined : single.every((answer) => answer === true);
  });
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function holds(criterion: Criterion, value: number, baseline: number | undefined): boolean | undefined {
  const target = targetOf(criterion, baseline);
  if (target === undefined || !Number.isFinite(target)) return undefined;
  switch (criterion.operator) {
    case "<":
      return value < target;
    case "<=":
      return value <= target;
    case "=":
      return value === target;
    case ">=":
      return value >= target;
    case ">":
      return value > target;
  }
}

function targetOf({ kind, amount }: Criterion, baseline: number | undefined): number | undefined {
  if (kind === "absolute") return amount;
  if (baseline === undefined) return undefined;
  return kind === "percent" ? baseline * (1 + amount / 100) : baseline + amount;
}

/** The criteria as they are written. */
export function describeCriteria(criteria: Criteria): string {
  return criteria.map((together) => together.map(describe).join(" and ")).join(" or ");
}

function describe({ operator, amount, kind }: Criterion): string {
  if (kind === "absolute") return `${operator} ${amount}`;
  const signed = amount >= 0 ? `+${amount}` : String(amount);
  return `${operator} baseline ${signed}${kind === "percent" ? " %" : ""}`;
}
