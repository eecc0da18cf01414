import { isScaled } from "../../../domain/capacity/live-count.ts";
import type { ReleaseObjects } from "../../../domain/release/candidate-conflicts.ts";
import { type ColourCount, wantedCounts } from "../../../domain/release/colour-counts.ts";
import { judgeColour, startColourMemory } from "../../../domain/release/colour-watch.ts";
import type { Signal } from "../../../domain/rollout/signal.ts";
import type { RolloutView } from "../../../domain/rollout/view.ts";
import { scaleTo } from "../../../platform/replicas.ts";
import type { Session } from "../session.ts";
import { colourBaseline, follow, readColours, scopeOfColour } from "./follow.ts";

/** A colour that has, or has not, the ready pods of the one that serves. */
export type Reached =
  | { readonly kind: "reached"; readonly counts: readonly ColourCount[] }
  | {
      readonly kind: "failed";
      readonly sentence: string;
      readonly view: RolloutView;
      readonly signal?: Signal;
    };

export interface CountRequest {
  readonly tried: ReleaseObjects;
  /** Absent at the first deploy: the chart's own numbers are what is wanted. */
  readonly serving: ReleaseObjects | undefined;
}

/**
 * Brings the tried colour to as many ready pods as the serving one has now, and waits for them. A chart's number was
 * written without knowing the load; a switch to fewer pods than carry it is an outage.
 */
export async function reachLiveCount(session: Session, request: CountRequest): Promise<Reached> {
  const { tried, serving } = request;
  const view = await readColours(session, tried, ...(serving === undefined ? [] : [serving]));
  const counts = wantedCounts(tried, serving, view.workloads);
  await scaleUp(session, counts, view);
  const { clock, context, budget } = session;
  const startedAt = clock.now();
  const scope = scopeOfColour(tried);
  const baseline = colourBaseline(view);
  let memory = startColourMemory(clock.now());
  let shown = "";
  return follow<Reached>(session, tried, (glance) => {
    const look = { ...glance, scope, baseline, graces: session.inputs.rolloutRules.graces };
    const judged = judgeColour(memory, { look, counts, isServing: false });
    memory = judged.memory;
    const { verdict } = judged;
    if (verdict.kind === "complete") return { kind: "reached", counts };
    if (verdict.kind === "failed") return { ...verdict, sentence: verdict.text, view: glance.view };
    if (verdict.text !== shown) context.runner.info(verdict.text);
    shown = verdict.text;
    if (budget.leftMs() > 0) return undefined;
    const sentence = `Not ready after ${Math.round((glance.now - startedAt) / 1000)} s: ${verdict.text}`;
    return { kind: "failed", sentence, view: glance.view };
  });
}

async function scaleUp(session: Session, counts: readonly ColourCount[], view: RolloutView): Promise<void> {
  const { cluster, inputs, context } = session;
  for (const { kind, name, replicas } of counts) {
    const now = view.workloads.find((one) => one.kind === kind && one.name === name);
    if (!isScaled(kind) || now === undefined || now.wanted >= replicas) continue;
    context.runner.info(`${kind} ${name}: ${now.wanted} → ${replicas} pods, as many as serve now`);
    await scaleTo(cluster.kubectl, inputs.namespace, { kind, name, count: replicas });
  }
}
