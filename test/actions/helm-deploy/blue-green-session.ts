import { setImmediate } from "node:timers/promises";
import { readInputs } from "../../../src/actions/helm-deploy/inputs.ts";
import { runPhase } from "../../../src/actions/helm-deploy/run.ts";
import type { PhaseOutcome, Session } from "../../../src/actions/helm-deploy/session.ts";
import { startBudget } from "../../../src/core/budget.ts";
import { CancelledError } from "../../../src/core/errors.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { emptyState, type ReleaseState, type RolloutState } from "../../../src/domain/record/state.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";
import { PairCluster } from "./blue-green-cluster.ts";
import { wholeDigest } from "./fake-objects.ts";
import { recordOf, rolloutOf } from "./states.ts";

const given = {
  release: "web",
  namespace: "shop",
  strategy: "blue-green",
  chart: new URL("../../../examples/web/chart", import.meta.url).pathname,
  image: `registry.example/web@${wholeDigest("b")}`,
  kubeconfig: "apiVersion: v1",
  approval: "none",
  "watch-time": "60s",
};

export interface PairWorld {
  readonly cluster?: PairCluster;
  readonly state?: ReleaseState;
  readonly inputs?: Readonly<Record<string, string>>;
  /** What happens when so many milliseconds have passed. */
  readonly at?: Readonly<Record<number, () => void>>;
  readonly signal?: AbortSignal;
  readonly lease?: Session["lease"];
  readonly runId?: string;
  /** What GitHub says of other runs. */
  readonly isOver?: boolean;
}

/** Runs one phase in a world of two colours; time passes only while the phase waits. */
export async function pairPhase(phase: string, world: PairWorld = {}) {
  const cluster = world.cluster ?? new PairCluster();
  const runner = fakeRunner("helm-deploy", { ...given, phase, ...world.inputs });
  const inputs = await readInputs(runner);
  let state = world.state ?? emptyState;
  let now = 1_000_000;
  const startedAt = now;
  const events = Object.entries(world.at ?? {}).map(([ms, event]) => ({ at: startedAt + Number(ms), event }));
  const signal = world.signal ?? new AbortController().signal;
  const session = {
    inputs,
    budget: startBudget(inputs.timeoutMs, () => now),
    context: {
      runner,
      signal,
      shell: () => Promise.reject(new Error("no program is started here")),
      mask: () => undefined,
      run: {
        ...{ repository: "acme/web", commit: "c0ffee", runId: world.runId ?? "100", attempt: 1 },
        ...{ job: "deploy", actor: "octocat", url: "https://github.test/run" },
      },
    },
    gates: [{ gate: "smoke-test", verdict: "pass" }],
    clock: {
      now: () => now,
      sleep: async (ms: number, ends?: AbortSignal) => {
        for (const due of events.splice(0).toSorted((a, b) => a.at - b.at)) {
          if (due.at <= now + ms) due.event();
          else events.push(due);
        }
        now += ms;
        await setImmediate();
        if (ends?.aborted === true) throw new CancelledError("The step was cancelled while it waited");
      },
    },
    confirm: () => Promise.reject(new Error("nothing is counted here")),
    store: {
      read: async () => state,
      update: async (change: (before: ReleaseState) => ReleaseState) => {
        state = change(state);
        return state;
      },
    },
    ...(world.lease === undefined ? {} : { lease: world.lease }),
    ...(world.isOver === undefined ? {} : { github: { isOver: async () => world.isOver } }),
    cluster: { namespace: "shop", kubeconfigPath: "", kubectl: cluster.kubectl, helm: cluster.helm },
  } as unknown as Session;
  const outcome: PhaseOutcome = await runPhase(session);
  return {
    outcome,
    cluster,
    runner,
    state,
    kind: outcome.verdict.kind,
    reasons: reasonsOf(outcome.verdict),
    outputs: outcome.outputs ?? {},
    did: cluster.did,
    seconds: (now - startedAt) / 1000,
  };
}

/** Blue serves version a, as a proven way back. */
export function blueServes(): PairCluster {
  return new PairCluster().stand("web-blue", "a", { ready: 3 }).front("web-blue");
}

const good = recordOf("old", { strategy: "blue-green", helmRelease: "web-blue", revision: 1 });
export const blueServed: ReleaseState = { ...emptyState, records: [good] };

/** Green, with version b, is tried beside blue. */
export function tryingGreen(rollout: Partial<RolloutState> = {}, record: object = {}): ReleaseState {
  const open = recordOf("green", {
    strategy: "blue-green",
    status: "deploying",
    digest: wholeDigest("b"),
    helmRelease: "web-green",
    revision: 1,
    previousRevision: 1,
    ...record,
  });
  const ours = rolloutOf({
    strategy: "blue-green",
    candidateRelease: "web-green",
    stableRelease: "web-blue",
    record: "green",
    ...rollout,
  });
  return { ...emptyState, records: [open, good], rollout: ours };
}

/** Both colours are up, and blue serves. */
export function bothUp(): PairCluster {
  return blueServes().stand("web-green", "b", { ready: 3 });
}

/** Both colours are up, and green serves. */
export function greenServes(): PairCluster {
  return bothUp().front("web-green");
}
