import type { Json } from "../../core/json.ts";

/** One request and what its answer must look like. Texts may still hold `{{variable}}`. */
export interface SmokeTest {
  readonly name: string;
  /** Line of the test in its source, counted from 1. */
  readonly line: number;
  readonly request: SmokeRequest;
  readonly expect: Expectation;
}

export interface SmokeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Method and path as the user wrote them, so that a variable's value is never shown. */
  readonly shown: string;
}

export interface Expectation {
  /** Accepted: a status, or a class such as `2xx`. */
  readonly status: readonly (number | string)[];
  readonly responseTimeMs?: number;
  readonly contains: readonly string[];
  readonly json: readonly JsonExpectation[];
}

export interface JsonExpectation {
  /** A JSONPath of RFC 9535. */
  readonly path: string;
  readonly equals: Json;
}

/** What became of one request. */
export type Exchange =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly text: string;
      readonly retryAfterMs?: number;
      /** From the start of the connection to the last byte. */
      readonly elapsedMs: number;
    }
  /** The service was reached but gave no whole answer. */
  | {
      readonly kind: "broken";
      readonly problem: string;
      readonly isReset: boolean;
      readonly elapsedMs: number;
    }
  /** No connection came about: nothing of the service was seen. */
  | { readonly kind: "unreachable"; readonly problem: string; readonly elapsedMs: number };

/** What became of one test, its further tries included. */
export interface TestOutcome {
  readonly test: SmokeTest;
  /** `degraded`: it passed, but only on a further try. */
  readonly result: "passed" | "degraded" | "failed";
  readonly attempts: number;
  /** Of the last try. */
  readonly exchange: Exchange;
  /** Why it failed; on `degraded`, why the first try did. */
  readonly problems: readonly string[];
}
