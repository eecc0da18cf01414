import {
  type ClientRequest,
  type Agent as HttpAgent,
  Agent as PlainAgent,
  request as plainRequest,
} from "node:http";
import { request as secureRequest, Agent as TlsAgent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { alphaOfCount, decideWeight, type WeightDecision } from "../domain/traffic/confirm.ts";
import type { TrafficConfirm } from "../domain/traffic/traffic.ts";
import { formatPercent } from "../domain/traffic/weight.ts";

/** What real responses said about an intended weight. */
export interface Confirmation {
  /** `undecided`: too few responses told their arm within the limits. */
  readonly decision: WeightDecision;
  /** The last count, the one that was decided on. */
  readonly candidate: number;
  readonly stable: number;
  /** All requests, earlier counts and those that told no arm included. */
  readonly requests: number;
  readonly withoutArm: number;
  readonly durationMs: number;
  /** For people: what was counted. */
  readonly sentence: string;
}

export interface ConfirmLimits {
  readonly percent: number;
  /** Total time. Counting starts anew while the data plane still shows another share. */
  readonly budgetMs?: number;
  readonly maxRequests?: number;
  readonly concurrency?: number;
  readonly alpha?: number;
  readonly signal?: AbortSignal;
}

const settleMs = 250;
const requestTimeoutMs = 5000;

/** Counts real responses until they bear out the weight, or time or requests are used up. */
export async function confirmWeight(confirm: TrafficConfirm, limits: ConfirmLimits): Promise<Confirmation> {
  const { percent, budgetMs = 15_000, maxRequests = 20_000, concurrency = 8, alpha = 0.05, signal } = limits;
  const startedAt = Date.now();
  const deadline = startedAt + budgetMs;
  const agent = agentFor(confirm, concurrency);
  const tally: Tally = { requests: 0, withoutArm: 0, candidate: 0, stable: 0, maxRequests, deadline };
  let decision: WeightDecision = "undecided";
  let refuted: { readonly candidate: number; readonly stable: number } | undefined;
  try {
    for (let count = 1; ; count++) {
      tally.candidate = 0;
      tally.stable = 0;
      const claim = { percent, alpha: alphaOfCount(alpha, count) };
      decision = await countOnce({ confirm, agent, tally, claim, concurrency, ...(signal && { signal }) });
      if (decision === "refuted") refuted = { candidate: tally.candidate, stable: tally.stable };
      const isOver = tally.requests >= maxRequests || Date.now() + settleMs >= deadline;
      if (decision !== "refuted" || isOver || signal?.aborted === true) break;
      await sleep(settleMs);
    }
  } finally {
    agent.destroy();
  }
  // A last count that its limits cut short takes nothing back of the one before.
  if (decision === "undecided" && refuted !== undefined) {
    decision = "refuted";
    Object.assign(tally, refuted);
  }
  const { candidate, stable, requests, withoutArm } = tally;
  const seen = `${candidate} of ${candidate + stable} responses came from the candidate`;
  const lost = withoutArm === 0 ? "" : `, ${withoutArm} told no arm`;
  const sentence = `weight ${formatPercent(percent)} ${decision}: ${seen}${lost}`;
  return { decision, candidate, stable, requests, withoutArm, durationMs: Date.now() - startedAt, sentence };
}

interface Tally {
  requests: number;
  withoutArm: number;
  candidate: number;
  stable: number;
  readonly maxRequests: number;
  readonly deadline: number;
}

interface Count {
  readonly confirm: TrafficConfirm;
  readonly agent: HttpAgent;
  readonly tally: Tally;
  readonly claim: { readonly percent: number; readonly alpha: number };
  readonly concurrency: number;
  readonly signal?: AbortSignal;
}

/**
 * One count with several requests in flight. Answers are counted in the order in which they were asked for: in the
 * order of arrival a slow candidate would be counted too seldom.
 */
async function countOnce(count: Count): Promise<WeightDecision> {
  const { tally, claim, signal } = count;
  const answers = new Map<number, Arm>();
  let decision: WeightDecision = "undecided";
  let asked = 0;
  let counted = 0;
  const mayGoOn = () =>
    decision === "undecided" &&
    tally.requests < tally.maxRequests &&
    Date.now() < tally.deadline &&
    signal?.aborted !== true;
  const countAnswers = () => {
    for (let arm = answers.get(counted); arm !== undefined; arm = answers.get(++counted)) {
      if (decision !== "undecided") return;
      tally[arm]++;
      if (arm !== "withoutArm") decision = decideWeight(tally, claim);
    }
  };
  const worker = async () => {
    while (mayGoOn()) {
      tally.requests++;
      const place = asked++;
      const arm = await askOnce(count);
      answers.set(place, arm);
      countAnswers();
      // A gateway that answers without any arm is asked more slowly, not in a tight loop.
      if (arm === "withoutArm") await sleep(50);
    }
  };
  await Promise.all(Array.from({ length: count.concurrency }, worker));
  return decision;
}

type Arm = "candidate" | "stable" | "withoutArm";

function askOnce({ confirm, agent, tally }: Count): Promise<Arm> {
  const isTls = confirm.url.startsWith("https:");
  const send = isTls ? secureRequest : plainRequest;
  const timeout = Math.max(1, Math.min(requestTimeoutMs, tally.deadline - Date.now()));
  return new Promise((resolve) => {
    const headers = {
      "user-agent": "sluice-confirm",
      "cache-control": "no-cache",
      ...(confirm.host === undefined ? {} : { host: confirm.host }),
    };
    const request: ClientRequest = send(confirm.url, {
      agent,
      headers,
      signal: AbortSignal.timeout(timeout),
    });
    request.on("error", () => resolve("withoutArm"));
    request.on("response", (response) => {
      const value = response.headers[confirm.header.toLowerCase()];
      response.on("error", () => resolve("withoutArm"));
      // The body is read to its end so that the connection can be used again.
      response.on("end", () => resolve(armOf(value, confirm.candidate)));
      response.resume();
    });
    request.end();
  });
}

function armOf(value: string | readonly string[] | undefined, candidate: string): Arm {
  if (value === undefined || value.length === 0) return "withoutArm";
  return value === candidate ? "candidate" : "stable";
}

function agentFor(confirm: TrafficConfirm, connections: number): HttpAgent {
  // Below a limit Node hands a connection to whoever waits for one, kept or not: without a limit nobody waits.
  const isNew = confirm.connections === "new";
  const kept = isNew ? { keepAlive: false } : { keepAlive: true, maxSockets: connections };
  if (!confirm.url.startsWith("https:")) return new PlainAgent(kept);
  const servername = confirm.host?.split(":")[0];
  return new TlsAgent({ ...kept, ...(servername === undefined ? {} : { servername }) });
}
