import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEvidence } from "../platform/evidence-schema.ts";
import { caller } from "./application.ts";
import type { World } from "./cluster/world.ts";
import { watchPods } from "./pod-watch.ts";
import { readProduction, readTag } from "./production-state.ts";
import type { ApprovalAnswer, ApprovalQuestion, RunEvent, RunResult } from "./runner/events.ts";
import { type StartedRun, startWorkflow } from "./runner/run.ts";
import type { FoundEvidence, Outcome, Scenario } from "./scenarios/scenario.ts";
import { installStable } from "./stable-version.ts";
import { makeStage, reviewer, type Stage } from "./stage.ts";
import { startTraffic } from "./traffic.ts";

export interface Audience {
  onEvent(event: RunEvent): void;
  say(line: string): void;
  /** Asks whoever approves. */
  approve(question: ApprovalQuestion): Promise<boolean>;
}

/** Plays one scenario on a running world, from an emptied cluster to the look at production afterwards. */
export async function conduct(world: World, scenario: Scenario, audience: Audience): Promise<Outcome> {
  audience.say(`Setting the stage for ${scenario.name}: a version that serves`);
  const stage = await makeStage(world, scenario);
  try {
    const stable = await installStable(stage, scenario, audience.onEvent);
    await stage.application.setFaults(undefined);
    const more = (await scenario.change(stage)) ?? {};
    scenario.environments?.(stage.github.state.environments);
    const commit = await stage.application.commit(scenario.name);
    const traffic = await startTraffic({
      url: `${world.gatewayUrl}/api/orders`,
      hostHeader: world.hostnames.production,
      requestsPerSecond: 150,
      concurrency: 16,
    });
    const pods = watchPods(world);
    const runs: RunResult[] = [];
    for (let n = 0; n < (scenario.again === true ? 2 : 1); n++) {
      runs.push(await runOnce(stage, { scenario, audience, commit, vars: more, isFirst: n === 0 }));
    }
    const production = await readProduction(world);
    return {
      stage,
      stable,
      runs,
      evidence: await findEvidence(runs),
      commit,
      traffic: await traffic.stop(),
      pods: await pods.stop(),
      production,
      taggedDigest: await readTag(world, commit),
    };
  } finally {
    await stage.close();
  }
}

interface OneRun {
  readonly scenario: Scenario;
  readonly audience: Audience;
  readonly commit: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly isFirst: boolean;
}

async function runOnce(
  stage: Stage,
  { scenario, audience, commit, vars, isFirst }: OneRun,
): Promise<RunResult> {
  const harm: Promise<void>[] = [];
  const beginning = Promise.withResolvers<StartedRun>();
  const workflow = scenario.workflow ?? caller;
  const started = await startWorkflow({
    ...stage.runBase,
    app: { ...stage.runBase.app, sha: commit },
    vars: { ...stage.vars, ...vars },
    workflow,
    event: { name: workflow === caller ? "push" : "workflow_dispatch" },
    onEvent: (event) => {
      audience.onEvent(event);
      if (isFirst && scenario.during !== undefined) {
        harm.push(beginning.promise.then((run) => scenario.during?.(event, { stage, started: run })));
      }
    },
    approve: async (question): Promise<ApprovalAnswer> => {
      const approved = scenario.approve === "no" ? false : await audience.approve(question);
      return { approved, user: reviewer, comment: approved ? "" : "Not now" };
    },
  });
  beginning.resolve(started);
  const result = await started.result;
  await Promise.all(harm);
  return result;
}

async function findEvidence(runs: readonly RunResult[]): Promise<readonly FoundEvidence[]> {
  const found: FoundEvidence[] = [];
  for (const artifact of runs.flatMap((run) => run.artifacts)) {
    for (const file of await readdir(artifact.folder, { recursive: true })) {
      if (!file.endsWith(".json")) continue;
      const document: unknown = JSON.parse(await readFile(join(artifact.folder, file), "utf8"));
      if (typeof document !== "object" || document === null || !("schema" in document)) continue;
      if (String(document.schema).startsWith("sluice.evidence/")) {
        found.push({ artifact: artifact.name, evidence: parseEvidence(document) });
      }
    }
  }
  return found;
}
