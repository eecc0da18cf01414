import { OutsideError } from "../core/errors.ts";
import {
  beyondAutoscaler,
  countOf,
  countsForShare,
  readyOf,
  type WantedCount,
} from "../domain/capacity/carry.ts";
import type { LiveCount } from "../domain/capacity/live-count.ts";
import { podFacts } from "../domain/rollout/objects.ts";
import type { Clock } from "./clock.ts";
import type { Kubectl } from "./kubectl.ts";
import { pinReplicas } from "./replica-pins.ts";
import { liveCountsBehind, type Side, scaleTo } from "./replicas.ts";

export interface CarryRequest {
  readonly stable: Side;
  readonly candidate: Side;
  /** The share of traffic that the candidate is about to get. */
  readonly percent: number;
  readonly budgetMs: number;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

const lookEveryMs = 1000;
/** Old pods may still be ending and give their quota back. */
const quotaGraceMs = 30_000;

/**
 * Brings the candidate to as many ready pods as a share of traffic needs, measured by the ready pods that carry all of
 * it. To be called before the share rises. Pods that cannot be had end it with an OutsideError, and the candidate is
 * scaled back to what it had.
 */
export async function carryWeight(kubectl: Kubectl, namespace: string, request: CarryRequest): Promise<void> {
  const { percent, clock, say } = request;
  if (percent === 0) return;
  const startedAt = clock.now();
  const place = { kubectl, namespace };
  let before: readonly LiveCount[] | undefined;
  for (let said = ""; ; ) {
    const [stable, candidate] = await Promise.all([
      liveCountsBehind(kubectl, namespace, request.stable),
      liveCountsBehind(kubectl, namespace, request.candidate),
    ]);
    before ??= candidate;
    const wanted = countsForShare(percent, stable, candidate);
    if (wanted.every((one) => (countOf(candidate, one)?.ready ?? 0) >= one.count)) return;
    const sum = wanted.reduce((all, { count }) => all + count, 0);
    const line = `weight ${percent} % needs ${sum} ready pods of the candidate, it has ${readyOf(candidate)}`;
    if (line !== said) say(line);
    said = line;
    const waited = { elapsedMs: clock.now() - startedAt, budgetMs: request.budgetMs };
    const short = beyondAutoscaler(candidate, wanted) ?? (await whyShort(place, candidate, waited));
    if (short !== undefined) {
      await scaleBack(place, before, candidate);
      throw new OutsideError(`Weight ${percent} was not set: ${line}: ${short}`);
    }
    await scaleUp(place, candidate, wanted);
    await clock.sleep(lookEveryMs, request.signal);
  }
}

/**
 * Lets the candidate grow with the stable version while it has its share: an autoscaler may have raised the stable
 * version since. Does not wait, and does not end a share that real requests bear out.
 */
export async function sustainWeight(
  kubectl: Kubectl,
  namespace: string,
  { stable, candidate, percent, say }: Omit<CarryRequest, "budgetMs" | "clock" | "signal">,
): Promise<void> {
  try {
    const [serving, tried] = await Promise.all([
      liveCountsBehind(kubectl, namespace, stable),
      liveCountsBehind(kubectl, namespace, candidate),
    ]);
    const wanted = countsForShare(percent, serving, tried);
    const small = wanted.filter((one) => (countOf(tried, one)?.wanted ?? one.count) < one.count);
    if (small.length === 0) return;
    say(
      `the stable version has grown: the candidate gets ${small.map(({ count }) => count).join(" and ")} pods`,
    );
    await scaleUp({ kubectl, namespace }, tried, wanted);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    say(`Whether the candidate is large enough could not be seen: ${error.message}`);
  }
}

interface Place {
  readonly kubectl: Kubectl;
  readonly namespace: string;
}

async function scaleUp(
  { kubectl, namespace }: Place,
  live: readonly LiveCount[],
  wanted: readonly WantedCount[],
): Promise<void> {
  const small = wanted.filter((one) => (countOf(live, one)?.wanted ?? one.count) < one.count);
  if (small.length === 0) return;
  // The candidate's own autoscaler sees little load yet and would take the pods away. The pin ends with the release.
  await pinReplicas(kubectl, namespace, { workloads: small, keep: async () => undefined });
  for (const one of small) await scaleTo(kubectl, namespace, one);
}

async function scaleBack(
  { kubectl, namespace }: Place,
  before: readonly LiveCount[],
  now: readonly LiveCount[],
): Promise<void> {
  for (const one of before) {
    const { kind, name, wanted } = one;
    if ((countOf(now, one)?.wanted ?? 0) > wanted) {
      await scaleTo(kubectl, namespace, { kind, name, count: wanted });
    }
  }
}

async function whyShort(
  place: Place,
  candidate: readonly LiveCount[],
  { elapsedMs, budgetMs }: { readonly elapsedMs: number; readonly budgetMs: number },
): Promise<string | undefined> {
  const refusal = candidate.find((one) => one.refusal !== undefined)?.refusal;
  if (refusal !== undefined && elapsedMs >= Math.min(quotaGraceMs, budgetMs)) return refusal;
  if (elapsedMs < budgetMs) return undefined;
  const unplaced = await unplacedPod(place, candidate);
  return unplaced ?? `they did not get ready in ${Math.round(budgetMs / 1000)} s`;
}

async function unplacedPod(
  { kubectl, namespace }: Place,
  candidate: readonly LiveCount[],
): Promise<string | undefined> {
  for (const { labels } of candidate) {
    const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    for (const pod of (await kubectl.list("pods", namespace, selector.join(","))).map(podFacts)) {
      const place = pod.conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
      if (place !== undefined) return `pod ${pod.name} finds no node: ${place.message}`;
    }
  }
  return undefined;
}
