import { writeFile } from "node:fs/promises";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { canaryVerdictCases } from "../canary/cases.ts";
import type { Wish } from "./arguments.ts";
import type { DeliveryCase } from "./case.ts";
import { allCases } from "./cases/all.ts";
import { sweepCases } from "./kill-sweep/lane.ts";
import { inSlot } from "./slots.ts";
import { Stand } from "./stand.ts";

/** What came of one case. */
export interface CaseResult {
  readonly name: string;
  readonly seconds: number;
  /** Absent when all was as it should be. */
  readonly problem?: string;
}

/** The cases that are wished for. An unknown name is refused. */
export function chosenCases({ only, isShort }: Pick<Wish, "only" | "isShort">): readonly DeliveryCase[] {
  const named = [...allCases, ...sweepCases, ...canaryVerdictCases];
  const unknown = only.filter((name) => !named.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(", ")}`);
  if (only.length > 0) return named.filter(({ name }) => only.includes(name));
  return allCases.filter((one) => one.isShort || !isShort);
}

/** Plays the wished cases, some at once, and writes what came of them. */
export async function play(world: World, wish: Wish): Promise<readonly CaseResult[]> {
  if (wish.isFromSource) process.env.SLUICE_FROM_SOURCE = "1";
  const waiting = [...chosenCases(wish)];
  const results: CaseResult[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const one = next;
      // A sweep mostly waits, and is run by hand on a machine that has nothing else to do.
      const isSweep = sweepCases.includes(one);
      results.push(await (isSweep ? playOne(world, one) : inSlot(() => playOne(world, one))));
    }
  };
  await Promise.all(Array.from({ length: wish.atOnce }, worker));
  if (wish.results !== undefined) await writeFile(wish.results, JSON.stringify(results));
  return results;
}

async function playOne(world: World, one: DeliveryCase): Promise<CaseResult> {
  const begun = performance.now();
  const stand = await Stand.make(world, one.name);
  let problem: string | undefined;
  try {
    await one.run(stand);
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  console.log(`${problem === undefined ? "good" : "BAD "} ${one.name} (${seconds} s)`);
  if (problem !== undefined) console.log(await storyOf(stand, problem));
  await stand.close();
  return { name: one.name, seconds, ...(problem === undefined ? {} : { problem }) };
}

async function storyOf(stand: Stand, problem: string): Promise<string> {
  const runs = stand.runs.map(
    ({ action, log, verdict, exitCode, seconds }) =>
      `--- ${action}: ${verdict}, exit ${exitCode}, ${seconds.toFixed(1)} s\n${log}`,
  );
  const objects = await stand
    .kubectl(
      "get",
      "pods,deployments,statefulsets,daemonsets,services,httproutes,configmaps,leases",
      "-o",
      "wide",
    )
    .catch(String);
  const releases = await stand.helm("list").catch(String);
  const state = JSON.stringify(await stand.records().catch(String), null, 1);
  return [problem, ...runs, "--- what is there", objects, releases, state, "---"].join("\n");
}
