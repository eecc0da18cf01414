import type { Exchange } from "./smoke-test.ts";

const transientStatus = new Set([408, 429, 502, 503, 504]);
const repeatable = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Whether a failed exchange may be tried again: it was of a transient kind, and the request was either never
 * received or does no harm when it arrives twice. A wrong answer is never tried again until it is right.
 */
export function mayTryAgain(method: string, exchange: Exchange): boolean {
  switch (exchange.kind) {
    case "unreachable":
      return true;
    case "broken":
      return exchange.isReset && repeatable.has(method);
    case "answered":
      return transientStatus.has(exchange.status) && repeatable.has(method);
  }
}

/** Milliseconds before the next try: the server's own wish up to five seconds, else a quarter second doubled each time. */
export function waitBeforeTry(attempt: number, exchange: Exchange): number {
  const asked = exchange.kind === "answered" ? exchange.retryAfterMs : undefined;
  return Math.min(5000, asked ?? 125 * 2 ** attempt);
}
