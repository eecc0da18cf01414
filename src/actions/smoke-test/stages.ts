import type { StageOutcome } from "../../domain/smoke/readiness.ts";
import type { Exchange } from "../../domain/smoke/smoke-test.ts";
import { namesVersion, shownVersion } from "../../domain/smoke/version.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Probe } from "../../platform/probe.ts";

export interface StageRequest {
  readonly stage: StageOutcome["stage"];
  readonly baseUrl: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Answers in a row that must be as wanted: behind a balancer one answer speaks for one pod. */
  readonly inARow: number;
  /** What is wrong with an answer; undefined when it is what is waited for. */
  readonly judge: (exchange: Exchange & { readonly kind: "answered" }) => string | undefined;
}

const pauseMs = 500;

/** Asks until the answer is as wanted or the time is over; asked at least once. */
export async function waitFor(
  wanted: StageRequest,
  probe: Probe,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StageOutcome> {
  const startedAt = clock.now();
  const deadline = startedAt + wanted.timeoutMs;
  let row = 0;
  let hasConnected = false;
  for (let asked = 1; ; asked++) {
    const left = Math.max(1, deadline - clock.now());
    const exchange = await probe({
      url: `${wanted.baseUrl}${wanted.path}`,
      method: "GET",
      headers: wanted.headers,
      timeoutMs: Math.min(wanted.requestTimeoutMs, Math.max(1000, left)),
      signal,
    });
    hasConnected ||= exchange.kind !== "unreachable";
    const problem = problemOf(exchange, wanted);
    row = problem === undefined ? row + 1 : 0;
    const isOver = clock.now() + pauseMs > deadline;
    const end = endOf(exchange, { problem, isReached: row >= wanted.inARow, isOver, hasConnected });
    if (end !== undefined) {
      return {
        stage: wanted.stage,
        shown: `GET ${wanted.path}`,
        end,
        elapsedMs: clock.now() - startedAt,
        asked,
      };
    }
    if (problem !== undefined) await clock.sleep(pauseMs, signal);
  }
}

function problemOf(exchange: Exchange, wanted: StageRequest): string | undefined {
  switch (exchange.kind) {
    case "answered":
      return wanted.judge(exchange);
    case "broken":
      return `got no whole answer: ${exchange.problem}`;
    case "unreachable":
      return `could not connect: ${exchange.problem}`;
  }
}

interface Seen {
  readonly problem: string | undefined;
  readonly isReached: boolean;
  readonly isOver: boolean;
  readonly hasConnected: boolean;
}

function endOf(exchange: Exchange, seen: Seen): StageOutcome["end"] | undefined {
  if (seen.isReached) return { kind: "reached" };
  if (exchange.kind === "answered" && (exchange.status === 401 || exchange.status === 403)) {
    return { kind: "refused", status: exchange.status };
  }
  if (seen.problem === undefined || !seen.isOver) return undefined;
  if (exchange.kind === "unreachable" && !seen.hasConnected) {
    return { kind: "unreachable", problem: exchange.problem };
  }
  return { kind: "not-reached", last: seen.problem };
}

/** Any 2xx is ready. A redirect is not: what it leads to has not answered. */
export function judgeReady({ status }: { readonly status: number }): string | undefined {
  return status >= 200 && status <= 299 ? undefined : `answered ${status}, expected 2xx`;
}

export function judgeVersion(version: string) {
  return ({ status, text }: { readonly status: number; readonly text: string }): string | undefined => {
    if (status < 200 || status > 299) return `answered ${status}, expected 2xx`;
    if (namesVersion(text, version)) return undefined;
    return `answered ${shownVersion(text)}, expected "${version}"`;
  };
}
