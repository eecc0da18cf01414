import { OutsideError } from "../../core/errors.ts";
import type { RolloutState } from "../../domain/record/state.ts";
import type { Traffic } from "../../domain/traffic/traffic.ts";
import { trafficSwitch } from "../../platform/traffic.ts";
import type { Done, Journal } from "./journal.ts";
import type { Parts } from "./world.ts";

/** What is known about the traffic after it was sent home. */
export interface TrafficHome {
  /** Weight in the cluster before; undefined where the route could not be read. */
  readonly before?: number;
  /** `accepted`: the gateway took the route, and no response was counted. */
  readonly proof: "counted" | "accepted";
  readonly sentence: string;
}

/** Where traffic goes home to. */
export interface Homeward {
  readonly traffic: Traffic;
  /** The share of the route's candidate that means home. */
  readonly home: number;
  readonly rollout: RolloutState | undefined;
}

const switchMs = 20_000;
const confirmMs = 15_000;
// Data planes were seen to take up to three seconds to follow a route.
const settleMs = 5000;

/** Gives all traffic to the side that stays, and proves it. A cancelled step still does this: it is what production needs. */
export async function bringTrafficHome(
  parts: Parts,
  journal: Journal,
  { traffic, home, rollout }: Homeward,
): Promise<TrafficHome | undefined> {
  const weight = trafficSwitch(parts.cluster.kubectl, traffic, parts.cluster.namespace);
  const before = await weight.readWeight().catch(() => undefined);
  if (isOff(rollout, before) && rollout !== undefined)
    journal.notes.push(`The candidate was meant to get ${rollout.weight} % and got ${before} %`);
  const set = await journal.step("traffic to the stable version", async () => {
    await weight.setWeight(home, { budgetMs: Math.min(switchMs, journal.leftMs()) });
    return { value: true, sentence: `weight ${before ?? "unknown"} → ${home}, accepted by the gateway` };
  });
  if (set === undefined) return undefined;
  const proven = await journal.step("proof that no traffic reaches the candidate", () =>
    proveHome(parts, journal, { traffic, home }),
  );
  if (proven === undefined) return undefined;
  return {
    proof: proven.value,
    sentence: proven.sentence,
    ...(before === undefined ? {} : { before }),
  };
}

function isOff(rollout: RolloutState | undefined, before: number | undefined): boolean {
  return rollout?.strategy !== "blue-green" && before !== undefined && before !== rollout?.weight;
}

async function proveHome(
  { confirm, clock }: Parts,
  journal: Journal,
  { traffic, home }: Pick<Homeward, "traffic" | "home">,
): Promise<Done<TrafficHome["proof"]>> {
  if (traffic.confirm === undefined) {
    await clock.sleep(Math.min(settleMs, journal.leftMs()));
    return {
      value: "accepted",
      sentence: "the route was accepted; no response was counted: traffic has no confirm",
    };
  }
  const confirmation = await confirm(traffic.confirm, {
    percent: home,
    budgetMs: Math.min(confirmMs, journal.leftMs()),
  });
  if (confirmation.decision === "confirmed") return { value: "counted", sentence: confirmation.sentence };
  throw new OutsideError(`Traffic is not proven to be home: ${confirmation.sentence}`);
}
