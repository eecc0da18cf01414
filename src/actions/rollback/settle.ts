import { withRollout } from "../../domain/record/state.ts";
import { colourOfRelease, weightFor } from "../../domain/release/colours.ts";
import type { ActionResult } from "../../platform/action.ts";
import { unpinReplicas } from "../../platform/replica-pins.ts";
import { toTraffic } from "../../platform/traffic-input.ts";
import { removeCandidate } from "./remove-candidate.ts";
import { left, refused } from "./report.ts";
import type { Story } from "./situation.ts";
import { pairTrafficText } from "./world.ts";

/** Ends a rollout whose new colour is proven: the colour that served before goes, as its own run would have done it. */
export async function settle(story: Story, sentence: string): Promise<ActionResult> {
  const { parts, inputs, journal } = story;
  if (inputs.dryRun) return left(story, sentence);
  const { kubectl, namespace } = parts.cluster;
  const { rollout } = await parts.store.read();
  const colour = colourOfRelease(inputs.release, rollout?.candidateRelease ?? "");
  const old = rollout?.stableRelease;
  if (old !== undefined && colour !== undefined) {
    const text = inputs.trafficText || (rollout?.traffic ?? "") || pairTrafficText(inputs.release);
    const isRemoved = await removeCandidate(parts, journal, {
      traffic: await toTraffic(text),
      plan: {
        candidateRelease: old,
        home: weightFor(colour),
        strategy: "blue-green",
        traffic: "none",
        problems: [],
        notes: [],
      },
      // The weight is read once more before anything goes.
      home: { proof: "accepted", sentence },
    });
    if (!isRemoved) return refused(story, journal.problems[0] ?? `${old} was not removed`);
  }
  await unpinReplicas(kubectl, namespace, rollout?.pins ?? []);
  await parts.store.update((state) => withRollout(state, undefined));
  return left(story, sentence);
}
