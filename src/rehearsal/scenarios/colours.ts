import { caller } from "../application.ts";
import { noRequestLost, productionServes, runEnded } from "./expectations.ts";
import { writeNote } from "./note.ts";
import type { Scenario } from "./scenario.ts";

const traffic = `# Production has two colours; one of them serves.
provider: gateway
route: { kind: HTTPRoute, name: web }
stable: { service: web-blue, port: 80 }
candidate: { service: web-green, port: 80 }
`;

/** The same caller with another strategy: the new colour is tested on its preview address, then one patch switches. */
export const blueGreen: Scenario = {
  name: "blue-green",
  breaks: "nothing: production is deployed as blue-green",
  strategy: "blue-green",
  before: ({ application }) => application.write("traffic-production.yaml", traffic),
  change: async (stage) => {
    const text = await stage.application.read(caller);
    const changed = text.replace(
      "candidate-set: |\n        track: candidate\n",
      "production-strategy: blue-green\n      watch-time: 20s\n",
    );
    if (changed === text) throw new Error("The caller does not say how the candidate differs any more");
    await stage.application.write(caller, changed);
    return writeNote("A new colour")(stage);
  },
  judge: (outcome) => [
    ...runEnded(outcome, "success"),
    ...productionServes(outcome, "new"),
    ...noRequestLost(outcome),
    ...neverRamped(outcome),
  ],
};

function neverRamped({ evidence }: Parameters<Scenario["judge"]>[0]): readonly string[] {
  return evidence.some(({ evidence: one }) => one.action === "canary-analyze")
    ? ["a canary was judged, wanted none"]
    : [];
}
