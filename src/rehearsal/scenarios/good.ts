import { noRequestLost, oneDigest, productionServes, runEnded } from "./expectations.ts";
import { writeNote } from "./note.ts";
import type { Scenario } from "./scenario.ts";

/** Nothing is broken: the digest that was built is the one that answers in production. */
export const good: Scenario = {
  name: "good",
  breaks: "nothing",
  change: writeNote("A new version"),
  judge: (outcome) => [
    ...runEnded(outcome, "success"),
    ...oneDigest(outcome),
    ...productionServes(outcome, "new"),
    ...noRequestLost(outcome),
    ...(outcome.taggedDigest === undefined ? ["the commit has no tag, wanted one"] : []),
  ],
};
