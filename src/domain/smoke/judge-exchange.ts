import { compile } from "json-p3";
import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import { isRecord } from "../../core/json.ts";
import type { Exchange, Expectation, JsonExpectation, SmokeTest } from "./smoke-test.ts";

/** What is wrong with an exchange by the test's expectation, one sentence each; nothing when it is as expected. */
export function judgeExchange(test: SmokeTest, exchange: Exchange): readonly string[] {
  const { expect, request } = test;
  if (exchange.kind === "unreachable") return [`${request.shown} could not connect: ${exchange.problem}`];
  if (exchange.kind === "broken") return [`${request.shown} got no whole answer: ${exchange.problem}`];
  const { status, text, elapsedMs } = exchange;
  const problems: string[] = [];
  if (!acceptsStatus(expect, status)) {
    problems.push(`${request.shown} answered ${status}, expected ${expect.status.join(" or ")}`);
  }
  const limitMs = expect.responseTimeMs ?? Number.POSITIVE_INFINITY;
  if (!(elapsedMs <= limitMs)) {
    problems.push(`${request.shown} took ${formatMs(elapsedMs)}, expected at most ${formatMs(limitMs)}`);
  }
  for (const wanted of expect.contains) {
    if (text.includes(wanted)) continue;
    problems.push(`${request.shown} answered a body without ${JSON.stringify(clip(wanted))}`);
  }
  if (expect.json.length > 0) problems.push(...judgeJson(test, text));
  return problems;
}

function acceptsStatus(expect: Expectation, status: number): boolean {
  return expect.status.some((wanted) => wanted === status || wanted === `${Math.floor(status / 100)}xx`);
}

function judgeJson({ expect, request }: SmokeTest, text: string): readonly string[] {
  let document: Json;
  try {
    document = JSON.parse(text);
  } catch {
    return [`${request.shown} answered a body that is not JSON`];
  }
  return expect.json.flatMap((wanted) => {
    const problem = judgePath(wanted, document);
    return problem === undefined ? [] : [`${request.shown} ${problem}`];
  });
}

function judgePath({ path, equals }: JsonExpectation, document: Json): string | undefined {
  const query = compile(path);
  const found = query.query(document as Parameters<typeof query.query>[0]);
  // A path that can match only one place is compared as its value, any other as the list of its values.
  const isSingular = query.singularQuery();
  if (isSingular && found.length === 0)
    return `answered JSON without ${path}, expected ${clip(JSON.stringify(equals))}`;
  const got = (isSingular ? found.values()[0] : found.values()) as Json;
  if (isSame(got, equals)) return undefined;
  return `answered ${path} as ${clip(JSON.stringify(got))}, expected ${clip(JSON.stringify(equals))}`;
}

/** Same JSON value; the order of keys has no meaning. */
function isSame(left: Json | undefined, right: Json | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((value: Json, index) => isSame(value, right[index]));
  }
  if (isRecord(left) && isRecord(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && isSame(left[key] as Json, right[key] as Json))
    );
  }
  return left === right;
}

/** Answers may be long and may hold what must not be seen: a message shows their beginning. */
function clip(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
}
