import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { formatMs } from "../core/duration.ts";
import { messageOf } from "../core/errors.ts";
import type { RehearseOptions } from "./arguments.ts";
import { readInside, stayUp } from "./cluster/inside.ts";
import { startWorld, type World } from "./cluster/world.ts";
import { type Audience, conduct } from "./conduct.ts";
import { recordRun } from "./report/record.ts";
import { writeReport } from "./report/write.ts";
import type { ApprovalQuestion } from "./runner/events.ts";
import { chooseScenarios } from "./scenarios/all.ts";
import type { Outcome, Scenario } from "./scenarios/scenario.ts";
import { outliveTokens } from "./token-renewal.ts";
import { approvalPage, terminalView } from "./view.ts";

interface Task {
  readonly names: readonly string[];
  readonly options: RehearseOptions;
}

const say = (line: string) => console.log(line);

/** The inner half: everything here lives in namespaces of its own and ends with them. */
async function main(): Promise<number> {
  const inside = await readInside();
  const task: Task = JSON.parse(process.argv[2] ?? "{}");
  const started = Date.now();
  say("Starting the cluster");
  const world = await startWorld(inside, {
    onReady: (name, seconds) => say(`  ${name.padEnd(16)} ${seconds.toFixed(1).padStart(5)} s`),
  });
  say(`The cluster is up after ${formatMs(Date.now() - started)}`);
  const broken = world.broken.then((why) => Promise.reject(new Error(why)));
  const renewal = task.names.includes("all") ? outliveTokens(world) : undefined;
  let exitCode = 0;
  const scenarios = chooseScenarios(task.names);
  for (const scenario of scenarios) {
    const folder = scenarios.length > 1 ? join(task.options.report, scenario.name) : task.options.report;
    const code = await Promise.race([play(world, scenario, { ...task.options, report: folder }), broken]);
    exitCode = Math.max(exitCode, code);
  }
  if (renewal !== undefined) exitCode = Math.max(exitCode, conclude("token-renewal", await renewal));
  if (task.options.keep) await stayUp(exitCode);
  // What runs in the world ends with this process, the first of its namespaces.
  return exitCode;
}

/** The closing line of a scenario. */
function conclude(name: string, differences: readonly string[]): number {
  const isRight = differences.length === 0;
  say(
    `scenario ${name} ${isRight ? "ended as it should" : `ended otherwise than it should: ${differences.join("; ")}`}`,
  );
  return isRight ? 0 : 1;
}

async function play(world: World, scenario: Scenario, options: RehearseOptions): Promise<number> {
  const begun = Date.now();
  const record = recordRun();
  const show = terminalView(say);
  const audience: Audience = {
    say,
    onEvent: (event) => {
      record.onEvent(event);
      show(event);
    },
    approve: (question) => answer(question, options),
  };
  const outcome = await conduct(world, scenario, audience);
  const differences = scenario.judge(outcome);
  const page = await writeReport(options.report, { scenario, outcome, differences, record: record.finish() });
  tell(outcome, Date.now() - begun);
  say(`  report         ${page}`);
  if (!options.isScenario) return outcome.runs.every((run) => run.conclusion === "success") ? 0 : 1;
  return conclude(scenario.name, differences);
}

async function answer(question: ApprovalQuestion, options: RehearseOptions): Promise<boolean> {
  say(approvalPage(question));
  if (options.approve !== "ask") return options.approve === "yes";
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question(`Approve the deploy to ${question.environment}? [y/N] `);
    return /^y(es)?$/i.test(typed.trim());
  } finally {
    terminal.close();
  }
}

function tell({ runs, production, traffic }: Outcome, ms: number): void {
  say("");
  for (const run of runs)
    say(`  run            ${run.conclusion} in ${formatMs(run.endedAt.getTime() - run.startedAt.getTime())}`);
  say(`  whole          ${formatMs(ms)}`);
  say(`  production     ${[...new Set(production.answeringDigests)].join(", ")}`);
  say(`  requests       ${traffic.total} sent, ${traffic.lost} lost`);
}

try {
  process.exitCode = await main();
} catch (thrown) {
  console.error(thrown instanceof Error && process.env.SLUICE_DEBUG ? thrown : messageOf(thrown));
  process.exitCode = 1;
}
process.exit();
