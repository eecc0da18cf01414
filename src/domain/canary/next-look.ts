/** How far apart looks may be. */
export interface LookSpacing {
  readonly intervalMs: number;
  readonly longestIntervalMs: number;
}

/** What the next look of a step may wait for. */
export interface LookPace {
  /** Looks in a row, up to now and in this step, at which nothing spoke against the candidate. */
  readonly quietLooks: number;
  /** Until the step may end. Not above 0 once its time is over. */
  readonly leftMs: number;
}

/** Looks in a row that must have been quiet before the next wait is twice as long. */
const looksPerDoubling = 4;
/** Evidence above this part of its limit is worth being looked at as often as possible. */
const quietPart = 0.1;

/**
 * How long to wait for the next look. A store bills each query, and the evidence of a quiet step loses nothing by coming
 * in larger parts. A step is looked at closely at its start, again as soon as anything speaks against the candidate, and
 * exactly when it may end.
 */
export function nextLookMs({ intervalMs, longestIntervalMs }: LookSpacing, pace: LookPace): number {
  const doublings = Math.floor(pace.quietLooks / looksPerDoubling);
  const longest = Math.max(intervalMs, longestIntervalMs);
  const stretched = Math.min(longest, intervalMs * 2 ** Math.min(doublings, 20));
  if (!(pace.leftMs > 0)) return intervalMs;
  return pace.leftMs < stretched ? Math.max(pace.leftMs, Math.min(intervalMs, 1000)) : stretched;
}

/** What one look showed of one metric. */
export interface LookEvidence {
  readonly kind: "passed" | "failed" | "open" | "unusable";
  readonly logFail: number;
  readonly logFailsAt: number;
  /** Whether requests were counted: a metric of plain values is compared look by look, and sets the pace itself. */
  readonly isCounted: boolean;
}

/** Whether nothing in a look speaks against the candidate, nor says that there is nothing to see. */
export function isQuiet(evidence: readonly LookEvidence[]): boolean {
  return (
    evidence.length > 0 &&
    evidence.every(
      ({ kind, logFail, logFailsAt, isCounted }) =>
        isCounted && (kind === "open" || kind === "passed") && logFail <= quietPart * logFailsAt,
    )
  );
}
