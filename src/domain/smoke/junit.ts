import { reasonsOf } from "../../core/verdict.ts";
import { judgeStage, type StageOutcome } from "./readiness.ts";
import type { TestOutcome } from "./smoke-test.ts";

interface Case {
  readonly name: string;
  readonly elapsedMs: number;
  /** Each a failure; none is a pass. */
  readonly problems: readonly string[];
  readonly note?: string;
}

/** JUnit XML with one suite for the stages before the tests and one for the tests, in the order they were written. */
export function writeJunit(stages: readonly StageOutcome[], outcomes: readonly TestOutcome[]): string {
  const suites = [suite("stages", stages.map(caseOfStage)), suite("tests", outcomes.map(caseOfTest))];
  const all = suites.flatMap((one) => one.cases);
  const body = suites.flatMap((one) => one.lines);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="smoke-test" ${counts(all)}>`,
    ...body,
    "</testsuites>",
    "",
  ].join("\n");
}

function caseOfStage(stage: StageOutcome): Case {
  const problems = reasonsOf(judgeStage(stage));
  return { name: `${stage.stage}: ${stage.shown}`, elapsedMs: stage.elapsedMs, problems };
}

function caseOfTest({ test, result, attempts, exchange, problems }: TestOutcome): Case {
  const named = { name: test.name, elapsedMs: exchange.elapsedMs };
  if (result === "failed") return { ...named, problems };
  if (result === "passed") return { ...named, problems: [] };
  return { ...named, problems: [], note: `passed at try ${attempts}; before: ${problems.join("; ")}` };
}

function suite(name: string, cases: readonly Case[]) {
  const lines = cases.flatMap(({ name: title, elapsedMs, problems, note }) => {
    const head = `    <testcase classname="${name}" name="${escapeXml(title)}" time="${seconds(elapsedMs)}"`;
    if (problems.length === 0 && note === undefined) return [`${head}/>`];
    return [
      `${head}>`,
      ...problems.map((text) => `      <failure message="${escapeXml(text)}"/>`),
      ...(note === undefined ? [] : [`      <system-out>${escapeXml(note)}</system-out>`]),
      "    </testcase>",
    ];
  });
  return { cases, lines: [`  <testsuite name="${name}" ${counts(cases)}>`, ...lines, "  </testsuite>"] };
}

function counts(cases: readonly Case[]): string {
  const failures = cases.filter(({ problems }) => problems.length > 0).length;
  const time = cases.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds(time)}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text safe in an attribute and in an element. Characters that XML 1.0 cannot hold in any form become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>"]/g, (found) => named[found] ?? found)
    .replace(/[\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
}
