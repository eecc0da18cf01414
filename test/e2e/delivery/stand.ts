/**
 * A stand is one case's place: a namespace of its own in a world that cases share, with the access that the README's
 * Role gives, a front (an HTTPRoute on the gateway), images of several versions, and a stand-in for GitHub. Actions run
 * as processes, as GitHub runs them: dist/<action>.mjs, or the sources with --from-source.
 *
 *     export const exampleCases: readonly DeliveryCase[] = [
 *       {
 *         name: "example-canary",
 *         isShort: false,
 *         run: async (stand) => {
 *           const traffic = await stand.route();
 *           await stand.install("1");                       // rolling deploy and finish: a proven way back
 *           const prober = await stand.probe({ requestsPerSecond: 50 });
 *           stand.nextRun();                                // what comes is another run of GitHub
 *           const deploy = await stand.run("helm-deploy", {
 *             strategy: "canary", traffic, image: await stand.image("2"), "candidate-set": "{track: candidate}",
 *           });
 *           assert.equal(deploy.verdict, "pass");
 *           assert.deepEqual(await stand.weights(), { web: 100, "web-candidate": 0 });
 *           const { lost } = await prober.stop();
 *           assert.equal(lost, 0);
 *         },
 *       },
 *     ];
 *
 * npx node test/e2e/delivery/outside.ts --only example-canary   runs it in a world of its own (10 s to start)
 * npx node test/e2e/delivery/outside.ts --keep                  starts a world that stays and says how to enter it
 * npx node test/e2e/delivery/outside.ts --attach --only NAME    runs it in the world that was kept
 * …  --from-source                                          the sources instead of dist/
 * npm run e2e -- delivery                                   runs them all; plain npm run e2e the short ones
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { administer } from "../../../src/rehearsal/production-route.ts";
import {
  type ActionInputs,
  type ActionName,
  type ActionRun,
  type RunningAction,
  startAction,
} from "./action-process.ts";
import { passedGate } from "./gate-evidence.ts";
import { pushVersion } from "./images.ts";
import { kubeconfigOf, makeNamespace } from "./namespace.ts";
import { Place } from "./place.ts";
import { actor, commit, type Job, type StandIn, startStandIn } from "./standin.ts";

export type { ActionInputs, ActionName, ActionRun, RunningAction } from "./action-process.ts";
export type { Job } from "./standin.ts";

export interface RunOptions {
  /** The job that the action works for; the current one when absent. */
  readonly job?: Job;
  readonly env?: Readonly<Record<string, string>>;
}

/** The chart of the cases; its values.yaml says what it can be told. */
export const chart = fileURLToPath(new URL("chart", import.meta.url));

export class Stand extends Place {
  readonly folder: string;
  readonly standIn: StandIn;
  /** Kubeconfigs of the two identities; actions get the deployer's. */
  readonly deployer: string;
  readonly planner: string;
  /** Versions by the digest of their image. */
  readonly versions = new Map<string, string>();
  /** Every action that was run, for the log of a case that failed. */
  readonly runs: ActionRun[] = [];
  #job: Job;

  private constructor(world: World, made: Made) {
    super(world, made.namespace);
    this.folder = made.folder;
    this.standIn = made.standIn;
    this.deployer = made.deployer;
    this.planner = made.planner;
    this.#job = made.standIn.begin();
  }

  static async make(world: World, name: string): Promise<Stand> {
    const namespace = `${name.slice(0, 48)}-${Math.random().toString(36).slice(2, 6)}`;
    const folder = join(world.runFolder, "stands", namespace);
    await mkdir(join(folder, "temp"), { recursive: true });
    await makeNamespace(world, namespace);
    const place = { namespace, folder };
    const [deployer, planner, standIn] = await Promise.all([
      kubeconfigOf(world, place, "deployer"),
      kubeconfigOf(world, place, "planner"),
      startStandIn(join(folder, "artifacts")),
    ]);
    return new Stand(world, { namespace, folder, deployer, planner, standIn });
  }

  /** The job that actions work for. */
  get job(): Job {
    return this.#job;
  }

  /** Ends the current run and begins another one; what comes belongs to it. */
  nextRun(conclusion: "success" | "failure" | "cancelled" = "success"): Job {
    this.standIn.complete(this.#job, conclusion);
    return this.anotherRun();
  }

  /** Begins another run beside the current one, which stays at work. */
  anotherRun(): Job {
    this.#job = this.standIn.begin();
    return this.#job;
  }

  /** An image of the test's program by digest. Each version is another digest; `env` holds its faults. */
  async image(version: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const image = await pushVersion(this.world, version, env);
    this.versions.set(image.split("@")[1] ?? "", version);
    return image;
  }

  /** Runs an action to its end. Inputs that every case needs are filled in; the others default as action.yml says. */
  async run(action: ActionName, inputs: ActionInputs, options: RunOptions = {}): Promise<ActionRun> {
    const running = await this.start(action, inputs, options);
    return running.done;
  }

  /** Starts an action. */
  async start(action: ActionName, inputs: ActionInputs, options: RunOptions = {}): Promise<RunningAction> {
    const { job = this.#job, env = {} } = options;
    const running = await startAction({
      action,
      inputs: { ...this.#inputs(action), ...inputs },
      env: { ...this.#environment(job), ...env },
      temp: join(this.folder, "temp"),
      cwd: this.folder,
    });
    void running.done.then((run) => this.runs.push(run));
    return running;
  }

  /** Deploys a version as a rolling release and finishes it: from then on it is a proven way back. */
  async install(version: string, inputs: ActionInputs = {}): Promise<string> {
    const image = await this.image(version);
    await this.mustPass("helm-deploy", { image, version, ...inputs });
    await this.mustPass("helm-deploy", {
      image,
      version,
      ...inputs,
      phase: "finish",
      ...(await this.gate(image)),
    });
    this.nextRun();
    return image;
  }

  /** Runs an action whose verdict must be pass. */
  async mustPass(action: ActionName, inputs: ActionInputs, options: RunOptions = {}): Promise<ActionRun> {
    const run = await this.run(action, inputs, options);
    if (run.verdict === "pass" && run.exitCode === 0) return run;
    throw new Error(`${action} ${inputs.phase ?? inputs.mode ?? ""} should pass: ${run.reasons.join("; ")}`);
  }

  /** The input `evidence` with passed gates for an image: promote wants a ramp, finish a smoke test. */
  async gate(image: string): Promise<{ readonly evidence: string }> {
    const files = await Promise.all(
      (["canary-analyze", "smoke-test"] as const).map(async (action) => {
        const path = join(this.folder, `${action}-${image.slice(-12)}.json`);
        await writeFile(path, JSON.stringify(passedGate(action, image, this.#job)));
        return path;
      }),
    );
    return { evidence: files.join("\n") };
  }

  /** Ends the stand-in and lets the namespace go. */
  async close(): Promise<void> {
    await this.standIn.close();
    await administer(this.world, ["delete", "namespace", this.namespace, "--wait=false"]);
  }

  #inputs(action: ActionName): ActionInputs {
    if (action === "smoke-test") return {};
    const base = { release: "web", namespace: this.namespace, kubeconfig: this.deployer };
    if (action === "canary-analyze") return base;
    const { username, password } = this.world.registry;
    const login = { "registry-username": username, "registry-password": password };
    const told = { ...base, ...login, "github-token": this.standIn.token };
    return action === "rollback" ? told : { ...told, chart, timeout: "4m", approval: "none" };
  }

  #environment(job: Job): Readonly<Record<string, string>> {
    const { apiUrl } = this.standIn.github;
    return {
      HOME: this.folder,
      PATH: `${this.world.tools}:${process.env.PATH ?? ""}`,
      LANG: "C.UTF-8",
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_REPOSITORY: "acme/web",
      GITHUB_SHA: commit,
      GITHUB_REF: "refs/heads/main",
      GITHUB_ACTOR: actor,
      GITHUB_RUN_ID: String(job.run),
      GITHUB_RUN_ATTEMPT: String(job.attempt),
      GITHUB_JOB: job.name,
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_API_URL: apiUrl,
      GITHUB_WORKSPACE: this.folder,
    };
  }
}

interface Made {
  readonly namespace: string;
  readonly folder: string;
  readonly deployer: string;
  readonly planner: string;
  readonly standIn: StandIn;
}
