import type { Plan } from "../cases/steps.ts";

/** How an action is ended: cancelled as GitHub does it, terminated, or lost with its runner. */
export type Ending = "cancel" | "terminate" | "lose";

/** When it is ended: some time after its start, when it says something, or when the cluster shows something. */
export type Trigger =
  | { readonly kind: "after"; readonly seconds: number }
  | { readonly kind: "line"; readonly words: string; readonly pattern: RegExp }
  | { readonly kind: "cluster"; readonly what: "lease" | "record" | "helm" | "weight" };

/**
 * What comes next: the rollback step of the same job, a recovery by another run, or another run that begins the same
 * thing again.
 */
export type Next = "same-job" | "recover" | "again";

export interface Point {
  readonly ending: Ending;
  readonly trigger: Trigger;
  readonly next: Next;
}

/** What is killed. */
export type Killed = "deploy" | "promote" | "finish" | "rollback";

/** Points that follow each other in one namespace, so that each begins from what the one before has left. */
export interface Lane {
  readonly name: string;
  readonly strategy: Plan["strategy"];
  readonly killed: Killed;
  readonly points: readonly Point[];
}

const endings: readonly Ending[] = ["cancel", "terminate", "lose"];
const nexts: readonly Next[] = ["recover", "again", "same-job"];

/** Every trigger with every ending; what comes next takes turns. A runner that is lost has no further step. */
function everyWay(triggers: readonly Trigger[]): readonly Point[] {
  return triggers.flatMap((trigger, row) =>
    endings.map((ending, column): Point => {
      const next = nexts[(row + column) % nexts.length] ?? "recover";
      return { trigger, ending, next: ending === "lose" && next === "same-job" ? "recover" : next };
    }),
  );
}

const after = (seconds: number): Trigger => ({ kind: "after", seconds });
const line = (words: string, pattern: RegExp): Trigger => ({ kind: "line", words, pattern });
const cluster = (what: "lease" | "record" | "helm" | "weight"): Trigger => ({ kind: "cluster", what });

const installing = line("has started Helm", /^helm upgrade --install/);
const oneReady = line("sees the first new pod ready", /: 1 of 2 new pods ready/);
const allReady = line("sees all new pods ready", /: 2 of 2 new pods ready/);
const removing = line("removes what is left over", /^helm uninstall/);
const wayKnown = line("knows its way back", /done: the way back/);
const wayBegun = line("has written down what begins", /done: write down what begins/);
const wayRecorded = line("has written its record", /done: record/);

/** All lanes; one case each. */
export const lanes: readonly Lane[] = [
  {
    name: "sweep-rolling-deploy",
    strategy: "rolling",
    killed: "deploy",
    points: everyWay([
      after(0.5),
      cluster("lease"),
      cluster("record"),
      installing,
      cluster("helm"),
      oneReady,
      allReady,
    ]),
  },
  {
    name: "sweep-rolling-rollback",
    strategy: "rolling",
    killed: "rollback",
    points: everyWay([cluster("lease"), wayKnown, wayBegun, cluster("helm"), wayRecorded]),
  },
  {
    name: "sweep-canary-deploy",
    strategy: "canary",
    killed: "deploy",
    points: everyWay([cluster("lease"), cluster("record"), installing, cluster("helm"), oneReady, allReady]),
  },
  {
    name: "sweep-canary-promote",
    strategy: "canary",
    killed: "promote",
    points: everyWay([
      cluster("lease"),
      installing,
      cluster("helm"),
      oneReady,
      allReady,
      cluster("weight"),
      removing,
    ]),
  },
  {
    name: "sweep-canary-rollback",
    strategy: "canary",
    killed: "rollback",
    points: everyWay([cluster("lease"), wayBegun, cluster("weight"), wayRecorded]),
  },
  {
    name: "sweep-blue-green-deploy",
    strategy: "blue-green",
    killed: "deploy",
    points: everyWay([cluster("lease"), cluster("record"), installing, cluster("helm"), allReady]),
  },
  {
    name: "sweep-blue-green-promote",
    strategy: "blue-green",
    killed: "promote",
    points: everyWay([
      cluster("lease"),
      line("begins the switch", /: all traffic to/),
      cluster("weight"),
      line("watches", /serves: watched for/),
    ]),
  },
  {
    name: "sweep-blue-green-finish",
    strategy: "blue-green",
    killed: "finish",
    points: everyWay([cluster("lease"), removing]),
  },
  {
    name: "sweep-blue-green-rollback",
    strategy: "blue-green",
    killed: "rollback",
    points: everyWay([cluster("lease"), wayBegun, cluster("weight"), wayRecorded]),
  },
];

/** A point in words, for the table. */
export function describeTrigger(trigger: Trigger): string {
  switch (trigger.kind) {
    case "after":
      return `is ${trigger.seconds} s old`;
    case "line":
      return trigger.words;
    case "cluster":
      return {
        lease: "holds the Lease",
        record: "has opened its record",
        helm: "Helm is at work",
        weight: "traffic has moved",
      }[trigger.what];
  }
}
