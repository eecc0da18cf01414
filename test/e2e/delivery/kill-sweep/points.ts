import type { Plan } from "../cases/steps.ts";

/** How an action is ended: cancelled as GitHub does it, terminated, or lost with its runner. */
export type Ending = "cancel" | "terminate" | "lose";

/** When it is ended: some time after its start, when it says something, or when the cluster shows something. */
export type Trigger =
  | { readonly kind: "after"; readonly seconds: number }
  | { readonly kind: "line"; readonly pattern: RegExp }
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
const line = (pattern: RegExp): Trigger => ({ kind: "line", pattern });
const cluster = (what: "lease" | "record" | "helm" | "weight"): Trigger => ({ kind: "cluster", what });

const installing = line(/^helm upgrade --install/);
const oneReady = line(/: 1 of 2 new pods ready/);
const allReady = line(/: 2 of 2 new pods ready/);

/** All lanes; one case each. */
export const lanes: readonly Lane[] = [
  {
    name: "sweep-rolling-deploy",
    strategy: "rolling",
    killed: "deploy",
    points: everyWay([
      after(0.8),
      cluster("lease"),
      cluster("record"),
      cluster("helm"),
      installing,
      oneReady,
      allReady,
    ]),
  },
  {
    name: "sweep-rolling-rollback",
    strategy: "rolling",
    killed: "rollback",
    points: everyWay([after(0.8), cluster("lease"), cluster("helm"), line(/done: /), oneReady]),
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
      line(/^helm uninstall/),
    ]),
  },
  {
    name: "sweep-canary-rollback",
    strategy: "canary",
    killed: "rollback",
    points: everyWay([cluster("lease"), cluster("weight"), line(/done: /)]),
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
    points: everyWay([cluster("lease"), line(/all traffic to/), cluster("weight"), after(3), after(5)]),
  },
  {
    name: "sweep-blue-green-finish",
    strategy: "blue-green",
    killed: "finish",
    points: everyWay([cluster("lease"), line(/^helm uninstall/)]),
  },
  {
    name: "sweep-blue-green-rollback",
    strategy: "blue-green",
    killed: "rollback",
    points: everyWay([cluster("lease"), cluster("weight"), line(/done: /)]),
  },
];

/** A point in words, for the table. */
export function describeTrigger(trigger: Trigger): string {
  switch (trigger.kind) {
    case "after":
      return `${trigger.seconds} s after the start`;
    case "line":
      return `says "${trigger.pattern.source.replaceAll(/[\\^]/g, "")}"`;
    case "cluster":
      return {
        lease: "holds the Lease",
        record: "has opened its record",
        helm: "Helm is at work",
        weight: "traffic has moved",
      }[trigger.what];
  }
}
