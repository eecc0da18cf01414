import { judgeExchange } from "../../domain/smoke/judge-exchange.ts";
import { mayTryAgain, waitBeforeTry } from "../../domain/smoke/retry.ts";
import type { SmokeTest, TestOutcome } from "../../domain/smoke/smoke-test.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Probe } from "../../platform/probe.ts";

export interface Execution {
  readonly baseUrl: string;
  /** Sent with every request; a test's own header of the same name comes first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: number;
  readonly requestTimeoutMs: number;
  readonly concurrency: number;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Runs the tests side by side, at most `concurrency` at a time. The outcomes keep the order of the tests. */
export async function runTests(
  tests: readonly SmokeTest[],
  execution: Execution,
): Promise<readonly TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  const waiting = tests.entries();
  const lane = async () => {
    // The lanes share one iterator, so each takes the next test that nobody has taken.
    for (const [index, test] of waiting) outcomes[index] = await runTest(test, execution);
  };
  await Promise.all(Array.from({ length: Math.min(execution.concurrency, tests.length) }, lane));
  return outcomes;
}

async function runTest(test: SmokeTest, execution: Execution): Promise<TestOutcome> {
  const { method, path, body } = test.request;
  let firstProblems: readonly string[] | undefined;
  for (let attempt = 1; ; attempt++) {
    const exchange = await execution.probe({
      url: `${execution.baseUrl}${path}`,
      method,
      headers: mergeHeaders(execution.headers, test.request.headers),
      ...(body === undefined ? {} : { body }),
      timeoutMs: execution.requestTimeoutMs,
      signal: execution.signal,
    });
    const problems = judgeExchange(test, exchange);
    if (problems.length === 0) {
      const result = firstProblems === undefined ? "passed" : "degraded";
      return { test, result, attempts: attempt, exchange, problems: firstProblems ?? [] };
    }
    if (attempt > execution.retries || !mayTryAgain(method, exchange)) {
      return { test, result: "failed", attempts: attempt, exchange, problems };
    }
    firstProblems ??= problems;
    await execution.clock.sleep(waitBeforeTry(attempt, exchange), execution.signal);
  }
}

function mergeHeaders(
  shared: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const taken = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const kept = Object.entries(shared).filter(([name]) => !taken.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...own };
}
