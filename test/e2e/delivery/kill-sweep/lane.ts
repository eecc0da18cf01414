import { appendFile } from "node:fs/promises";
import type { RunningTraffic } from "../../../../src/rehearsal/traffic.ts";
import type { DeliveryCase } from "../case.ts";
import { deliver, inputsOf, type Plan, phases } from "../cases/steps.ts";
import { type ActionInputs, type ActionRun, type Job, Stand } from "../stand.ts";
import { type Kill, killAt } from "./kill.ts";
import { describeTrigger, type Lane, lanes, type Next, type Point } from "./points.ts";
import { wrongs } from "./right-state.ts";

/** One line of the table. */
export interface Row {
  readonly lane: string;
  readonly killed: string;
  readonly trigger: string;
  readonly ending: string;
  readonly next: Next;
  readonly isKilled: boolean;
  /** What the killed action could still say, empty when nothing. */
  readonly said: string;
  readonly seconds: number;
  readonly serves: string;
  readonly requests: number;
  readonly lost: number;
  readonly problems: readonly string[];
}

/** The sweep, one case for each lane. Rows go to the file that SLUICE_SWEEP_ROWS names. */
export const sweepCases: readonly DeliveryCase[] = lanes.map((lane) => ({
  name: lane.name,
  isShort: false,
  run: (stand) => sweep(lane, stand),
}));

async function sweep(lane: Lane, first: Stand): Promise<void> {
  let track = await Track.lay(lane, first);
  const bad: string[] = [];
  for (const point of chosenPoints(lane)) {
    const row = await track.play(point);
    if (process.env.SLUICE_SWEEP_ROWS !== undefined)
      await appendFile(process.env.SLUICE_SWEEP_ROWS, `${JSON.stringify(row)}\n`);
    const words = `${row.killed}, ${row.ending} when it ${row.trigger}, then ${row.next}`;
    console.log(`${row.problems.length === 0 ? "right" : "WRONG"} ${lane.name}: ${words}: ${row.serves}`);
    if (row.problems.length === 0) continue;
    bad.push(`${words}: ${row.problems.join("; ")}`);
    console.log([row.problems.join("\n"), ...track.story()].join("\n"));
    // What one point has broken must not be blamed on the next.
    await track.end(first);
    track = await Track.lay(lane, await Stand.make(first.world, lane.name));
  }
  await track.end(first);
  if (bad.length > 0) throw new Error(`${bad.length} of ${lane.points.length} points:\n${bad.join("\n")}`);
}

/** All points, or with SLUICE_SWEEP_EVERY every so many of them, for those who work on the sweep. */
function chosenPoints({ points }: Lane): readonly Point[] {
  const every = Number(process.env.SLUICE_SWEEP_EVERY ?? "1");
  return points.filter((_point, index) => index % every === 0);
}

/** One namespace in which points follow each other, each with a version of its own, under traffic. */
class Track {
  readonly #lane: Lane;
  readonly #stand: Stand;
  readonly #plan: Plan;
  readonly #prober: RunningTraffic;
  // A bare number would be a revision of Helm where a rollback is told its target.
  #serves = "1.0.1";
  #version = 1;
  #runs: ActionRun[] = [];

  private constructor(lane: Lane, made: { stand: Stand; plan: Plan; prober: RunningTraffic }) {
    this.#lane = lane;
    this.#stand = made.stand;
    this.#plan = made.plan;
    this.#prober = made.prober;
  }

  static async lay(lane: Lane, stand: Stand): Promise<Track> {
    const traffic = lane.strategy === "blue-green" ? {} : { traffic: await stand.route() };
    const plan: Plan = {
      strategy: lane.strategy,
      ...(lane.strategy === "canary" ? traffic : {}),
      more: { "watch-time": "2s" },
    };
    await deliver(stand, plan, "1.0.1");
    const service = lane.strategy === "blue-green" ? { service: "web" } : {};
    return new Track(lane, { stand, plan, prober: await stand.probe({ requestsPerSecond: 50, ...service }) });
  }

  async play(point: Point): Promise<Row> {
    const { killed, name: lane } = this.#lane;
    const before = await this.#prober.report();
    const from = this.#serves;
    this.#version++;
    this.#runs = [];
    const problems: string[] = [];
    const base = { lane, killed, ending: point.ending, next: point.next };
    let kill: Kill | undefined;
    let serves = "";
    try {
      const inputs = await inputsOf(this.#stand, this.#plan, { version: `1.0.${this.#version}` });
      const action = await this.#prepare(inputs, from);
      const job = this.#stand.job;
      kill = await killAt(this.#stand, () => this.#stand.start(action.name, action.inputs), point);
      this.#runs.push(kill.run);
      const versions = await this.#goOn(point.next, { inputs, job, from });
      const state = await wrongs(this.#stand, this.#lane, versions);
      problems.push(...state.problems);
      serves = state.serves;
      this.#serves = serves;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
    const now = await this.#prober.report();
    const lost = now.lost + now.errors - before.lost - before.errors;
    if (lost > 0) problems.push(`${lost} requests were lost: ${JSON.stringify(now.lostBy)}`);
    return {
      ...base,
      trigger: describeTrigger(point.trigger),
      isKilled: kill?.isKilled ?? false,
      said: kill?.run.verdict ?? "",
      seconds: Math.round((kill?.seconds ?? 0) * 10) / 10,
      serves,
      requests: now.total - before.total,
      lost,
      problems,
    };
  }

  /** Brings the release to where the action that is killed begins. */
  async #prepare(inputs: ActionInputs, from: string) {
    const { killed, strategy } = this.#lane;
    if (killed === "rollback" && strategy !== "canary") {
      await phases(
        this.#stand,
        inputs,
        "deploy",
        ...(strategy === "blue-green" ? ["promote"] : []),
        "finish",
      );
      this.#stand.nextRun();
      return { name: "rollback", inputs: { to: from, reason: "the sweep" } } as const;
    }
    if (killed !== "deploy") await phases(this.#stand, inputs, "deploy");
    if (killed === "finish") await phases(this.#stand, inputs, "promote");
    if (strategy === "canary" && killed !== "deploy") await this.#stand.ramp(50);
    if (killed === "rollback")
      return { name: "rollback", inputs: { reason: "the sweep", automatic: true } } as const;
    return { name: "helm-deploy", inputs: { ...inputs, phase: killed } } as const;
  }

  /** Does what comes next and returns the versions that may serve after it. */
  async #goOn(
    next: Next,
    { inputs, job, from }: { inputs: ActionInputs; job: Job; from: string },
  ): Promise<readonly string[]> {
    const to = `1.0.${this.#version}`;
    if (next === "same-job") {
      await this.#must("rollback", { automatic: true, reason: "the step before was cancelled" });
      this.#stand.nextRun("cancelled");
      return this.#lane.killed === "finish" ? [from, to] : [from];
    }
    this.#stand.standIn.complete(job, "cancelled");
    this.#stand.anotherRun();
    if (next === "recover") {
      await this.#must("rollback", { mode: "recover" });
      this.#stand.nextRun();
      return [from, to];
    }
    if (this.#lane.killed === "rollback") {
      await this.#must("rollback", { to: from, reason: "again" });
      this.#stand.nextRun();
      return [from];
    }
    const deploy = await this.#must("helm-deploy", inputs);
    const hasCandidate = (deploy.outputs["candidate-release"] ?? "") !== "";
    for (const phase of hasCandidate ? ["promote", "finish"] : ["finish"])
      await this.#must("helm-deploy", { ...inputs, phase });
    this.#stand.nextRun();
    return [to];
  }

  async #must(action: "helm-deploy" | "rollback", inputs: ActionInputs): Promise<ActionRun> {
    const run = await this.#stand.run(action, inputs);
    this.#runs.push(run);
    if (run.verdict === "pass") return run;
    const name = `${action} ${inputs.phase ?? inputs.mode ?? ""}`.trim();
    throw new Error(`${name} after it: ${run.verdict}: ${run.reasons.join("; ")}`);
  }

  /** The logs of the last point. */
  story(): readonly string[] {
    return this.#runs.map(({ action, log, exitCode }) => `--- ${action}, exit ${exitCode}\n${log}`);
  }

  /** The stand that the case was given is closed by whoever gave it. */
  async end(given: Stand): Promise<void> {
    await this.#prober.stop();
    if (this.#stand !== given) await this.#stand.close();
  }
}
