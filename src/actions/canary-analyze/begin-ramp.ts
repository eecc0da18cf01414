import { formatMs } from "../../core/duration.ts";
import type { Json } from "../../core/json.ts";
import type { Metric } from "../../domain/canary/metric.ts";
import {
  decideResume,
  goOnWith,
  type RampPosition,
  type RampTerms,
  type SavedRamp,
  withoutHold,
} from "../../domain/canary/saved-ramp.ts";
import type { AnalysisInputs, RampInputs } from "./inputs.ts";
import type { CanaryPorts, Watch } from "./watch.ts";
import type { Weights } from "./weights.ts";

/** What another run left of the ramp. */
export interface Resumed {
  readonly weight: number;
  readonly savedMs: number;
  /** For so long nobody looked. */
  readonly lostMs: number;
}

/** How a ramp begins. */
export interface Beginning {
  readonly terms: RampTerms;
  readonly position: RampPosition;
  readonly resumed?: Resumed;
  /** Why the ramp of another run is not gone on with. */
  readonly anew?: string;
}

interface Story {
  readonly inputs: AnalysisInputs & RampInputs;
  readonly metrics: readonly Metric[];
  readonly ports: CanaryPorts;
  readonly watch: Watch;
  readonly weights: Weights;
}

/** Goes on with the ramp that a lost run left, or begins where nothing fits. */
export async function beginRamp(story: Story): Promise<Beginning> {
  const { inputs, metrics, ports, watch, weights } = story;
  const nowMs = ports.clock.now();
  const kept = await weights.kept();
  const terms = termsOf(inputs, metrics, kept.candidate);
  const found = decideResume(kept, { metrics, terms, nowMs });
  if (found.kind === "resume") return await resume(story, terms, found.saved);
  const position = { startedMs: nowMs, index: 0, strata: [], steps: [] };
  await watch.begin();
  if (found.why === undefined) return { terms, position };
  ports.say(`The ramp that another run left is not gone on with: ${found.why}`);
  return { terms, position, anew: found.why };
}

async function resume(story: Story, terms: RampTerms, saved: SavedRamp): Promise<Beginning> {
  const { inputs, ports, watch } = story;
  const { index } = saved.position;
  const step = inputs.steps[index];
  if (step === undefined) throw new Error("the same steps have the same number");
  await watch.resume(saved);
  const position = await checkWeight(story, saved);
  const { held } = position;
  const nowMs = ports.clock.now();
  const lostMs = Math.max(0, nowMs - (held?.lookedMs ?? saved.savedMs));
  const resumed = { weight: step.weight, savedMs: saved.savedMs, lostMs };
  const from = `step ${index + 1} of ${inputs.steps.length}, weight ${step.weight} %`;
  ports.say(`The ramp goes on at ${from}, where another run left it ${formatMs(lostMs)} ago`);
  if (held?.isPaused === true)
    ports.say(
      "It was held by a command to that run, which ended with it: annotate the Lease again to hold it",
    );
  if (held === undefined) return { terms, position, resumed };
  const timing = { nowMs, holdMs: step.holdMs, intervalMs: inputs.intervalMs };
  return { terms, position: { ...position, held: goOnWith(held, timing) }, resumed };
}

/** Requests since are those of the share only where the route still has it. */
async function checkWeight({ weights, ports }: Story, saved: SavedRamp): Promise<RampPosition> {
  const { position, readUntilMs } = saved;
  if (position.held === undefined) return position;
  const weight = await weights.current();
  if (Math.abs(weight - position.held.routeWeight) <= 1) return position;
  const was = position.held.routeWeight;
  ports.say(`The route has weight ${weight}, not ${was} as that run left it: what came since is not judged`);
  return withoutHold(position, readUntilMs);
}

function termsOf(
  inputs: AnalysisInputs & RampInputs,
  metrics: readonly Metric[],
  candidate: string,
): RampTerms {
  const { baseline, candidate: matchers, confidence, minimumRequests, intervalMs } = inputs;
  const steps = inputs.steps.map(({ weight, holdMs }) => ({ weight, holdMs }));
  const settings = {
    baseline,
    candidate: matchers,
    confidence,
    minimumRequests,
    intervalMs,
    steps,
    promotesEarly: inputs.promotesEarly,
  };
  return { metrics: JSON.parse(JSON.stringify(metrics)) as Json, settings, candidate };
}
