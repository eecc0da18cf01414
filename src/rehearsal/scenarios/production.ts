import {
  answered,
  neverStarted,
  noRequestLost,
  onlyCandidateHurt,
  productionServes,
  runEnded,
  saidNo,
} from "./expectations.ts";
import { bake, writeNote } from "./note.ts";
import type { Outcome, Scenario } from "./scenario.ts";

const harmless = writeNote("A version that waits");

/** Production has lost its reviewers: GitHub would let every run through. */
export const unprotectedProduction: Scenario = {
  name: "unprotected-production",
  breaks: "the production environment has no reviewers",
  change: harmless,
  environments: (known) => {
    const production = known.get("production");
    if (production !== undefined) known.set("production", { ...production, reviewers: [] });
  },
  judge: (outcome) => [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, "production/plan"),
    ...answered(outcome, "helm-deploy", { verdict: "fail", reason: /reviewer/i }),
    ...neverStarted(outcome, "production/deploy"),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ],
};

export const rejected: Scenario = {
  name: "rejected",
  breaks: "the approver says no",
  change: harmless,
  approve: "no",
  judge: (outcome) => [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, "production/deploy"),
    ...neverStarted(outcome, "production/deploy"),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ],
};

function stoppedByCanary(outcome: Outcome, reason: RegExp): readonly string[] {
  return [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, "production/deploy"),
    ...answered(outcome, "canary-analyze", { verdict: "fail", reason }),
    ...productionServes(outcome, "old"),
    ...onlyCandidateHurt(outcome),
  ];
}

/** Twice the latency, and only where production's traffic is: staging cannot see it. */
export const slowVersion: Scenario = {
  name: "slow-version",
  breaks: "the new version takes twice as long under production's traffic",
  change: bake({ latencyFactor: 2, environment: "production" }),
  judge: (outcome) => stoppedByCanary(outcome, /latency/),
};

export const erroringCanary: Scenario = {
  name: "erroring-canary",
  breaks: "the new version has four times the errors under production's traffic",
  stableFaults: { errorRate: 0.005, environment: "production" },
  change: bake({ errorRate: 0.02, environment: "production" }),
  judge: (outcome) => stoppedByCanary(outcome, /error/),
};

/** The runner dies in mid-ramp; the recover job brings traffic home; a new run then promotes. */
export const runnerLost: Scenario = {
  name: "runner-lost",
  breaks: "the runner of the deploying job is killed in mid-ramp",
  change: harmless,
  again: true,
  during: (event, { started }) => {
    const isMidRamp =
      event.kind === "log" && event.job.endsWith("production/deploy") && /weight 15\b/.test(event.line);
    if (isMidRamp) started.loseRunner(event.job);
    return undefined;
  },
  judge: (outcome) => [
    ...runEnded(outcome, "failure", 0),
    ...saidNo(outcome, "production/deploy"),
    ...broughtHome(outcome),
    ...runEnded(outcome, "success", 1),
    ...productionServes(outcome, "new"),
    ...noRequestLost(outcome),
  ],
};

function broughtHome({ evidence }: Outcome): readonly string[] {
  const ours = evidence.filter(({ artifact }) => artifact.includes("-recover-"));
  const isHome = ours.some(({ evidence: one }) => one.action === "rollback" && one.verdict === "pass");
  return isHome ? [] : ["the recover job left no evidence of having brought traffic home"];
}
