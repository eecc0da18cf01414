import assert from "node:assert/strict";
import type { DeliveryCase } from "../case.ts";
import type { ActionInputs, Stand } from "../stand.ts";
import { expectSituation, type Situation, situation } from "./situation.ts";
import { inputsOf, type Plan } from "./steps.ts";

/** Each phase once more, and every other phase from each state: the right answer, and no harm done by a wrong question. */
export const idempotenceCases: readonly DeliveryCase[] = [
  {
    name: "idempotent-first-deploy",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      const walk = await Walk.begin(stand, plan, "1");
      await walk.refused("promote", /nothing to promote/);
      await walk.refused("finish", /nothing to finish/);
      await walk.passes("abort", "plan");
      assert.deepEqual(await stand.releases(), []);
      await walk.passes("deploy", "deploy");
      await walk.stands({ serves: ["1"], records: ["1 deploying"], rollout: "none" });
      await walk.changesNothing("plan", "promote", "abort");
      await walk.passes("finish", "finish");
      await walk.stands({ serves: ["1"], releases: { web: "1 deployed" }, records: ["1 good"] });
      await walk.changesNothing("plan", "deploy", "promote", "abort", "finish");
    },
  },
  {
    name: "idempotent-canary-promoted",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await stand.install("1");
      const walk = await Walk.begin(stand, plan, "2");
      await walk.passes("deploy", "deploy");
      await walk.stands({ serves: ["1"], records: ["2 deploying", "1 good"], rollout: "candidate 0" });
      await walk.refused("finish", /revision|nothing to finish/);
      await walk.changesNothing("plan");
      await stand.ramp(30);
      await walk.refused("finish", /revision|nothing to finish/);
      await walk.changesNothing("plan");
      await walk.passes("deploy");
      await walk.stands({ serves: ["1"], rollout: "candidate 0" });
      await stand.ramp(30);
      await walk.passes("promote", "promote");
      const promoted = { serves: ["2"], releases: { web: "2 deployed" }, pods: { web: "2 of 2" } };
      await walk.stands({ ...promoted, records: ["2 deploying", "1 good"] });
      await walk.refused("abort", /was promoted/);
      await walk.passes("plan", "deploy", "promote");
      await walk.stands({ ...promoted, records: ["2 deploying", "1 good"] });
      await walk.passes("finish", "finish");
      await walk.stands({ ...promoted, records: ["2 good", "1 good"], rollout: "none" });
      await walk.changesNothing("plan", "deploy", "promote", "abort", "finish");
    },
  },
  {
    name: "idempotent-canary-aborted",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "canary", traffic: await stand.route() } as const;
      await stand.install("1");
      const walk = await Walk.begin(stand, plan, "2");
      await walk.passes("deploy");
      await stand.ramp(30);
      await walk.passes("abort", "abort");
      const aborted = { serves: ["1"], releases: { web: "1 deployed" }, records: ["2 bad", "1 good"] };
      await walk.stands({ ...aborted, rollout: "none" });
      await walk.refused("promote", /nothing to promote/);
      await walk.refused("finish", /nothing to finish/);
      await walk.changesNothing("plan", "abort");
      await walk.passes("deploy");
      await walk.stands({ serves: ["1"], rollout: "candidate 0" });
    },
  },
  {
    name: "idempotent-rolling",
    isShort: false,
    run: async (stand) => {
      await stand.route();
      await stand.install("1");
      const walk = await Walk.begin(stand, { strategy: "rolling" }, "2");
      await walk.refused("finish", /nothing to finish/);
      await walk.refused("promote", /canary and blue-green/);
      await walk.refused("abort", /canary and blue-green/);
      await walk.passes("plan", "deploy", "deploy");
      await walk.stands({
        serves: ["2"],
        releases: { web: "2 deployed" },
        records: ["2 deploying", "1 good"],
      });
      await walk.changesNothing("plan");
      await walk.passes("finish", "finish");
      await walk.stands({ serves: ["2"], releases: { web: "2 deployed" }, records: ["2 good", "1 good"] });
      await walk.changesNothing("plan", "deploy", "finish");
    },
  },
  {
    name: "idempotent-blue-green-promoted",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "blue-green", more: { "watch-time": "1s" } } as const;
      const first = await Walk.begin(stand, plan, "1");
      await first.refused("promote", /nothing to promote/);
      await first.refused("finish", /nothing to finish/);
      await first.passes("deploy", "deploy", "promote", "finish", "finish");
      stand.nextRun();
      const walk = await Walk.begin(stand, plan, "2");
      await walk.passes("deploy", "deploy");
      await walk.stands({ serves: ["1"], pods: { "web-blue": "2 of 1", "web-green": "2 of 2" } });
      await walk.refused("finish", /./);
      await walk.changesNothing("plan");
      await walk.passes("promote", "promote");
      await walk.stands({ serves: ["2"], pods: { "web-blue": "2 of 1", "web-green": "2 of 2" } });
      await walk.changesNothing("plan");
      await walk.passes("finish", "finish");
      const finished = { serves: ["2"], pods: { "web-green": "2 of 2" }, rollout: "none" };
      await walk.stands({ ...finished, records: ["2 good", "1 good"] });
      await walk.changesNothing("plan", "deploy", "promote", "abort", "finish");
    },
  },
  {
    name: "idempotent-blue-green-aborted",
    isShort: false,
    run: async (stand) => {
      const plan = { strategy: "blue-green", more: { "watch-time": "1s" } } as const;
      const first = await Walk.begin(stand, plan, "1");
      await first.passes("deploy", "promote", "finish");
      stand.nextRun();
      const walk = await Walk.begin(stand, plan, "2");
      await walk.passes("deploy", "abort", "abort");
      const home = { serves: ["1"], pods: { "web-blue": "2 of 1" }, rollout: "none" };
      await walk.stands({ ...home, records: ["2 bad", "1 good"] });
      await walk.refused("promote", /nothing to promote/);
      await walk.refused("finish", /nothing to finish/);
      await walk.passes("deploy", "promote");
      await walk.stands({ serves: ["2"] });
      // After the switch an abort flips back.
      await walk.passes("abort", "abort");
      await walk.stands(home);
    },
  },
];

/** One version's way through the phases. */
class Walk {
  readonly #stand: Stand;
  readonly #inputs: ActionInputs;
  readonly #service: string | undefined;

  private constructor(stand: Stand, inputs: ActionInputs, service: string | undefined) {
    this.#stand = stand;
    this.#inputs = inputs;
    this.#service = service;
  }

  static async begin(stand: Stand, plan: Plan, version: string): Promise<Walk> {
    const service = plan.strategy === "blue-green" ? "web" : undefined;
    return new Walk(stand, await inputsOf(stand, plan, { version }), service);
  }

  async passes(...phases: readonly string[]): Promise<void> {
    for (const phase of phases) await this.#stand.mustPass("helm-deploy", { ...this.#inputs, phase });
  }

  /** One sentence, and nothing is changed by the question. */
  async refused(phase: string, sentence: RegExp): Promise<void> {
    const before = await this.#look();
    const run = await this.#stand.run("helm-deploy", { ...this.#inputs, phase });
    assert.notEqual(run.verdict, "pass", `${phase} should be refused`);
    assert.equal(run.exitCode, 1);
    assert.equal(run.reasons.length, 1, run.reasons.join("; "));
    assert.match(run.reasons[0] ?? "", sentence);
    assert.deepEqual(await this.#look(), before, `${phase} has changed something`);
  }

  async changesNothing(...phases: readonly string[]): Promise<void> {
    const before = await this.#look();
    for (const phase of phases) {
      await this.passes(phase);
      assert.deepEqual(await this.#look(), before, `${phase} has changed something`);
    }
  }

  stands(expected: Partial<Situation>): Promise<void> {
    return expectSituation(this.#stand, expected, this.#service);
  }

  /** Without what serves: before the first deploy there is nobody to ask. */
  async #look(): Promise<Partial<Situation>> {
    const isThere = (await this.#stand.kubectl("get", "services", "-o", "name")) !== "";
    if (!isThere) return { releases: {}, records: (await this.#stand.records()).records.map(({ id }) => id) };
    const { serves, ...rest } = await situation(this.#stand, this.#service);
    // During a ramp both versions serve, and chance decides which of them a few answers show.
    return rest.rollout.startsWith("ramping") ? rest : { ...rest, serves };
  }
}
