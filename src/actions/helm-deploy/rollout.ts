import { messageOf } from "../../core/errors.ts";
import { lastRevision } from "../../domain/release/history.ts";
import { workloadObjects } from "../../domain/release/manifest.ts";
import { judgeRollout, type RolloutMemory, startMemory } from "../../domain/rollout/judge.ts";
import type { FailureReason, Signal } from "../../domain/rollout/signal.ts";
import { type Baseline, baselineOf, type RolloutScope, type RolloutView } from "../../domain/rollout/view.ts";
import {
  type RolloutWatch,
  readRolloutView,
  watchedKinds,
  watchRollout,
} from "../../platform/rollout-watch.ts";
import { type Diagnosis, diagnose } from "./diagnose.ts";
import { type Explanation, explain } from "./explain.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

export interface RolloutRequest {
  readonly rendered: Rendered;
  readonly chart: string;
  readonly record: string;
  readonly timeoutMs: number;
  readonly createNamespace: boolean;
}

export type RolloutOutcome =
  | { readonly kind: "ready"; readonly revision: number; readonly seconds: number }
  | RolloutFailure;

export interface RolloutFailure {
  readonly kind: "failed";
  readonly reason: FailureReason;
  readonly sentence: string;
  readonly seconds: number;
  /** Helm's revision of the failed attempt, where it made one. */
  readonly revision?: number;
  /** Nothing of the running version was changed: there is nothing to roll back. */
  readonly isUntouched: boolean;
  readonly diagnosis: Diagnosis;
}

/**
 * Runs Helm with a wait and watches the new pods beside it. Helm cannot see that a pod will never start; when the
 * rollout is doomed it is interrupted, which makes it record the revision as failed.
 */
export async function rollOut(session: Session, request: RolloutRequest): Promise<RolloutOutcome> {
  const { cluster, context, inputs } = session;
  const startedAt = Date.now();
  const observer = await observe(session, request.rendered);
  const deadline = setTimeout(() => observer.stop("timeout"), request.timeoutMs);
  context.runner.info(`helm upgrade --install ${request.rendered.release}`);
  try {
    const ran = await cluster.helm.upgradeInstall(
      {
        release: request.rendered.release,
        namespace: inputs.namespace,
        chart: request.chart,
        valuesFiles: request.rendered.values.files,
        timeoutMs: request.timeoutMs,
        labels: labelsOf(session, request.record),
        createNamespace: request.createNamespace,
      },
      AbortSignal.any([observer.interrupt, context.signal]),
    );
    const seconds = (Date.now() - startedAt) / 1000;
    const newest = lastRevision(await cluster.helm.history(request.rendered.release, inputs.namespace));
    if (ran.exitCode === 0 && newest !== undefined)
      return { kind: "ready", revision: newest.revision, seconds };
    const failure = explain({
      ran,
      description: newest?.description ?? "",
      rendered: request.rendered,
      scope: observer.scope,
      baseline: observer.baseline,
      view: observer.view(),
      doom: observer.doom(),
      isLate: observer.why() === "timeout",
      isCancelled: context.signal.aborted,
      timeoutMs: request.timeoutMs,
    });
    const diagnosis = await diagnose(session, { ...failure, view: observer.view(), scope: observer.scope });
    const sentence = withLastWords(failure, diagnosis.lastWords);
    const revision = newest === undefined ? {} : { revision: newest.revision };
    return { kind: "failed", ...failure, sentence, seconds, ...revision, diagnosis };
  } finally {
    clearTimeout(deadline);
    await observer.end();
  }
}

// The log explains an end, not a wait.
const endings: readonly FailureReason[] = ["crash", "container", "hook"];

function withLastWords({ reason, sentence }: Explanation, lastWords: string | undefined): string {
  return lastWords === undefined || !endings.includes(reason) ? sentence : `${sentence}: ${lastWords}`;
}

function labelsOf({ context, inputs }: Session, record: string): Readonly<Record<string, string>> {
  // Values of labels end at 63 characters; a digest has 64 hexadecimal ones.
  const digest = inputs.images[0]?.digest.replace("sha256:", "").slice(0, 63) ?? "";
  const labels = { "sluice-record": record, "sluice-digest": digest, "sluice-run": context.run.runId };
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}

interface Observer {
  readonly scope: RolloutScope;
  readonly baseline: Baseline;
  readonly interrupt: AbortSignal;
  view(): RolloutView;
  doom(): Signal | undefined;
  why(): "timeout" | undefined;
  stop(why: "timeout"): void;
  end(): Promise<void>;
}

const lookEveryMs = 500;
const settleMs = 60;

async function observe(session: Session, rendered: Rendered): Promise<Observer> {
  const { cluster, inputs, context } = session;
  const scope = scopeOf(rendered);
  const kinds = watchedKinds(scope.workloads.map(({ kind }) => kind));
  const baseline = baselineOf(
    await readRolloutView(cluster.kubectl, inputs.namespace, baselineKinds(scope, kinds)),
  );
  const interrupt = new AbortController();
  const ending = new AbortController();
  let memory: RolloutMemory = startMemory(Date.now());
  let doom: Signal | undefined;
  let why: "timeout" | undefined;
  let shown = "";
  const look = () => {
    if (interrupt.signal.aborted) return;
    const looked = judgeRollout(memory, { view: watch.view(), scope, baseline, now: Date.now() });
    memory = looked.memory;
    if (looked.verdict.kind === "doomed") {
      doom = looked.verdict.signal;
      context.runner.info(`The rollout is doomed: ${doom.text}`);
      interrupt.abort();
    } else {
      const line = `${rendered.release}: ${looked.verdict.ready} of ${looked.verdict.wanted} new pods ready`;
      if (line !== shown && looked.verdict.wanted > 0) context.runner.info(line);
      shown = line;
    }
  };
  const later = debounce(look, settleMs);
  const watch: RolloutWatch = watchRollout(
    cluster.kubectl,
    { namespace: inputs.namespace, kinds },
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
    view: watch.view,
    doom: () => doom,
    why: () => why,
    stop: (reason) => {
      why = reason;
      interrupt.abort();
    },
    end: async () => {
      clearInterval(ticker);
      later.cancel();
      ending.abort();
      await ended;
    },
  };
}

// Events of a new pod are new themselves. Only what outlives a deploy can have old ones, and there may be hundreds.
function baselineKinds({ workloads }: RolloutScope, kinds: readonly string[]): readonly string[] {
  const keepsEvents = workloads.some(({ kind }) => kind !== "Deployment");
  return keepsEvents ? kinds : kinds.filter((kind) => kind !== "events");
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

function scopeOf({ objects }: Rendered): RolloutScope {
  return {
    workloads: workloadObjects(objects).map(({ kind, name }) => ({ kind, name })),
    hookJobs: objects.filter((one) => one.isHook && one.kind === "Job").map(({ name }) => name),
  };
}
