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
}

const switchMs = 20_000;
const confirmMs = 15_000;
// Data planes were seen to take up to three seconds to follow a route.
const settleMs = 5000;

/** Gives the candidate no more traffic and proves it. A cancelled step still does this: it is what production needs. */
export async function bringTrafficHome(
  parts: Parts,
  journal: Journal,
  { traffic, rollout }: { readonly traffic: Traffic; readonly rollout: RolloutState | undefined },
): Promise<TrafficHome | undefined> {
  const weight = trafficSwitch(parts.cluster.kubectl, traffic, parts.cluster.namespace);
  const before = await weight.readWeight().catch(() => undefined);
  if (rollout !== undefined && before !== undefined && before !== rollout.weight) {
    journal.notes.push(`The candidate was meant to get ${rollout.weight} % and got ${before} %`);
  }
  const set = await journal.step("traffic to the stable version", async () => {
    await weight.setWeight(0, { budgetMs: Math.min(switchMs, journal.leftMs()) });
    return { value: true, sentence: `weight ${before ?? "unknown"} → 0, accepted by the gateway` };
  });
  if (set === undefined) return undefined;
  const proven = await journal.step("proof that no traffic reaches the candidate", () =>
    proveHome(parts, traffic, journal),
  );
  if (proven === undefined) return undefined;
  return { proof: proven.value, ...(before === undefined ? {} : { before }) };
}

async function proveHome(
  { confirm, clock }: Parts,
  traffic: Traffic,
  journal: Journal,
): Promise<Done<TrafficHome["proof"]>> {
  if (traffic.confirm === undefined) {
    await clock.sleep(Math.min(settleMs, journal.leftMs()));
    return {
      value: "accepted",
      sentence: "the route was accepted; no response was counted: traffic has no confirm",
    };
  }
  const confirmation = await confirm(traffic.confirm, {
    percent: 0,
    budgetMs: Math.min(confirmMs, journal.leftMs()),
  });
  if (confirmation.decision === "confirmed") return { value: "counted", sentence: confirmation.sentence };
  throw new OutsideError(`Traffic is not proven to be home: ${confirmation.sentence}`);
}
