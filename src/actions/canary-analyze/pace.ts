import { isCounted, type Metric } from "../../domain/canary/metric.ts";
import { isQuiet } from "../../domain/canary/next-look.ts";
import type { Look } from "./watch.ts";

interface Seen {
  readonly metrics: readonly Metric[];
  readonly looks: readonly Look[];
  readonly weight: number | undefined;
  /** Quiet looks at this weight that another run took before the first one here. */
  readonly before: number;
}

/** How many of the newest looks at a weight, in a row, showed nothing against the candidate. */
export function quietLooks({ metrics, looks, weight, before }: Seen): number {
  const pacing = new Map(
    metrics
      .filter((metric) => metric.critical || !isCounted(metric))
      .map((metric) => [metric.name, isCounted(metric)]),
  );
  const loud = looks.findLastIndex((look) => {
    if (look.weight !== weight || look.problem !== undefined) return true;
    const seen = look.judgements.flatMap(({ name, kind, logFail, logFailsAt }) => {
      const counted = pacing.get(name);
      return counted === undefined ? [] : [{ kind, logFail, logFailsAt, isCounted: counted }];
    });
    return !isQuiet(seen);
  });
  return loud === -1 ? looks.length + before : looks.length - 1 - loud;
}
