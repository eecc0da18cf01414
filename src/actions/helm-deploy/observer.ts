import { messageOf } from "../../core/errors.ts";
import { at, listAt, textAt } from "../../core/json.ts";
import { workloadObjects } from "../../domain/release/manifest.ts";
import { judgeRollout, type RolloutMemory, startMemory } from "../../domain/rollout/judge.ts";
import type { Signal } from "../../domain/rollout/signal.ts";
import { type Baseline, baselineOf, type RolloutScope, type RolloutView } from "../../domain/rollout/view.ts";
import { isSettled, newRestarts, type Waited } from "../../domain/rollout/waiting.ts";
import {
  type RolloutWatch,
  readRolloutView,
  watchedKinds,
  watchRollout,
} from "../../platform/rollout-watch.ts";
import { keepHookLogs, type PodLog } from "./pod-log.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** Looks at the new pods while Helm waits for them. */
export interface Observer {
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
  /** Aborted when the rollout is doomed, or its time is over. */
  readonly interrupt: AbortSignal;
  view(): RolloutView;
  doom(): Signal | undefined;
  isLate(): boolean;
  hookLog(): Promise<PodLog | undefined>;
  /** Time is over. */
  stop(): void;
  /** Resolves when every pod that the deploy renews is ready, when the rollout is doomed, or when time is over. */
  settle(): Promise<void>;
  end(): Promise<void>;
}

const lookEveryMs = 500;
const settleMs = 60;
const askEveryMs = 1_000;

/** Takes in what is there before Helm begins, and watches from then on. */
export async function observe(session: Session, rendered: Rendered): Promise<Observer> {
  const { cluster, inputs, context } = session;
  const { namespace } = inputs;
  const scope = scopeOf(rendered);
  const kinds = watchedKinds(scope.workloads.map(({ kind }) => kind));
  const read = (some: readonly string[]) => readRolloutView(cluster.kubectl, namespace, some);
  const baseline = baselineOf(await read(baselineKinds(scope, kinds)));
  const interrupt = new AbortController();
  const ending = new AbortController();
  const judge = judging(session, { rendered, scope, baseline });
  let isLate = false;
  let doom: Signal | undefined;
  let asked: RolloutView | undefined;
  const hookLogs = keepHookLogs(session, { scope, baseline });
  const consider = (view: RolloutView) => {
    hookLogs.look(view);
    if (interrupt.signal.aborted) return;
    doom = judge(view);
    if (doom !== undefined) interrupt.abort();
  };
  const isSteady = steadiness();
  const look = () => consider(watch.view());
  const later = debounce(look, settleMs);
  const watch: RolloutWatch = watchRollout(
    cluster.kubectl,
    { namespace, kinds },
    { onChange: later.call, signal: ending.signal },
  );
  const ended = watch.ended.catch((error: unknown) =>
    context.runner.annotate({
      level: "warning",
      message: `The pods cannot be watched, so a failure shows only when Helm's time is over: ${messageOf(error)}`,
    }),
  );
  const ticker = setInterval(look, lookEveryMs);
  return {
    scope,
    baseline,
    interrupt: interrupt.signal,
    // A watch that is slow to begin, or may not be opened, shows nothing.
    view: () => (asked !== undefined && watch.view().workloads.length === 0 ? asked : watch.view()),
    doom: () => doom,
    hookLog: hookLogs.last,
    isLate: () => isLate,
    stop: () => {
      isLate = true;
      interrupt.abort();
    },
    settle: async () => {
      const over = AbortSignal.any([interrupt.signal, context.signal]);
      while (!over.aborted) {
        const view = await read(kinds);
        asked = view;
        consider(view);
        if (isSteady({ view, scope, baseline })) return;
        await pause(askEveryMs, over);
      }
    },
    end: async () => {
      clearInterval(ticker);
      later.cancel();
      ending.abort();
      await ended;
    },
  };
}

interface Judged {
  readonly rendered: Rendered;
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
}

/** One look after the other; says how far the rollout is, and returns what dooms it. */
function judging({ context, inputs }: Session, { rendered, scope, baseline }: Judged) {
  const { graces } = inputs.rolloutRules;
  let memory: RolloutMemory = startMemory(Date.now());
  let shown = "";
  return (view: RolloutView): Signal | undefined => {
    const looked = judgeRollout(memory, { view, scope, baseline, graces, now: Date.now() });
    memory = looked.memory;
    if (looked.verdict.kind === "doomed") {
      context.runner.info(`The rollout is doomed: ${looked.verdict.signal.text}`);
      return looked.verdict.signal;
    }
    const line = `${rendered.release}: ${looked.verdict.ready} of ${looked.verdict.wanted} new pods ready`;
    if (line !== shown && looked.verdict.wanted > 0) context.runner.info(line);
    shown = line;
    return undefined;
  };
}

// Events of a new pod are new themselves. Only what outlives a deploy can have old ones, and there may be hundreds.
function baselineKinds({ workloads }: RolloutScope, kinds: readonly string[]): readonly string[] {
  const keepsEvents = workloads.some(({ kind }) => kind !== "Deployment");
  return keepsEvents ? kinds : kinds.filter((kind) => kind !== "events");
}

// Objects of these kinds have a Secret made that pods of the release wait for.
const secretMakers = /^(External|Cluster|Sealed|Vault\w*|Generated|OnePassword)\w*Secret$|^Certificate$/;

function scopeOf({ objects }: Rendered): RolloutScope {
  const names = (kind: string) =>
    objects.filter((one) => !one.isHook && one.kind === kind).map(({ name }) => name);
  const workloads = workloadObjects(objects);
  return {
    workloads: workloads.map(({ kind, name }) => ({ kind, name })),
    hookJobs: objects.filter((one) => one.isHook && one.kind === "Job").map(({ name }) => name),
    jobs: names("Job"),
    claims: names("PersistentVolumeClaim"),
    loadBalancers: objects
      .filter(({ kind, body }) => kind === "Service" && textAt(body, "spec", "type") === "LoadBalancer")
      .map(({ name }) => name),
    pausedByChart: workloads
      .filter(({ body }) => at(body, "spec", "paused") === true)
      .map(({ name }) => name),
    asksForSecrets: objects.some(({ kind }) => secretMakers.test(kind)),
    mountsClaims: workloads.some(({ body }) => hasClaims(body)),
  };
}

function hasClaims(workload: unknown): boolean {
  const volumes = listAt(workload, "spec", "template", "spec", "volumes");
  return (
    listAt(workload, "spec", "volumeClaimTemplates").length > 0 ||
    volumes.some((one) => at(one, "persistentVolumeClaim") !== undefined)
  );
}

// A program that crashes a while after its start is ready between two crashes.
const steadyMs = 10_000;

/** Whether all pods are ready, and stay so for a while where one was restarted. */
function steadiness() {
  let steady = { restarts: 0, since: 0 };
  return (waited: Waited): boolean => {
    const restarts = newRestarts(waited);
    if (restarts !== steady.restarts) steady = { restarts, since: Date.now() };
    return isSettled(waited) && (restarts === 0 || Date.now() - steady.since >= steadyMs);
  };
}

function debounce(call: () => void, ms: number) {
  let timer: NodeJS.Timeout | undefined;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        call();
      }, ms);
    },
    cancel: () => clearTimeout(timer),
  };
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    until.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
