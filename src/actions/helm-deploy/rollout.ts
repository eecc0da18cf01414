import { type HelmRevision, lastRevision } from "../../domain/release/history.ts";
import type { FailureReason } from "../../domain/rollout/signal.ts";
import type { RolloutScope } from "../../domain/rollout/view.ts";
import { readOthers } from "../../platform/rollout-watch.ts";
import type { Ran } from "../../platform/shell.ts";
import { type Diagnosis, diagnose } from "./diagnose.ts";
import { type Explanation, explain } from "./explain.ts";
import { type Observer, observe } from "./observer.ts";
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
  const deadline = setTimeout(observer.stop, request.timeoutMs);
  context.runner.info(`helm upgrade --install ${request.rendered.release}`);
  try {
    const ran = await upgrade(session, request, observer.interrupt);
    // Helm is content while as many pods are missing as may be unavailable: with one pod, that may be all of them.
    const settled = ran.exitCode === 0 ? observer.settle() : undefined;
    const [history] = await Promise.all([
      cluster.helm.history(request.rendered.release, inputs.namespace),
      settled,
    ]);
    const seconds = (Date.now() - startedAt) / 1000;
    const isOver = observer.interrupt.aborted || context.signal.aborted;
    const newest = lastRevision(history);
    if (ran.exitCode === 0 && newest !== undefined && !isOver)
      return { kind: "ready", revision: newest.revision, seconds };
    return await failureOf(session, { request, ran, history, observer, seconds });
  } finally {
    clearTimeout(deadline);
    await observer.end();
  }
}

function upgrade(session: Session, request: RolloutRequest, interrupt: AbortSignal): Promise<Ran> {
  const { cluster, context, inputs } = session;
  return cluster.helm.upgradeInstall(
    {
      release: request.rendered.release,
      namespace: inputs.namespace,
      chart: request.chart,
      valuesFiles: request.rendered.values.files,
      timeoutMs: request.timeoutMs,
      labels: labelsOf(session, request.record),
      createNamespace: request.createNamespace,
    },
    AbortSignal.any([interrupt, context.signal]),
  );
}

interface Failed {
  readonly request: RolloutRequest;
  readonly ran: Ran;
  readonly history: readonly HelmRevision[];
  readonly observer: Observer;
  readonly seconds: number;
}

async function failureOf(session: Session, failed: Failed): Promise<RolloutFailure> {
  const { request, ran, history, observer, seconds } = failed;
  const { rendered } = request;
  const { scope, baseline } = observer;
  const newest = lastRevision(history);
  const view = observer.view();
  const failure = explain({
    ran,
    description: newest?.description ?? "",
    rendered,
    scope,
    baseline,
    view,
    others: observer.doom() === undefined ? await othersOf(session, scope) : [],
    doom: observer.doom(),
    isLate: observer.isLate(),
    isCancelled: session.context.signal.aborted,
    timeoutMs: request.timeoutMs,
  });
  const before = history.findLast(
    ({ revision, status }) => revision !== newest?.revision && /^(deployed|superseded)$/.test(status),
  );
  const hookLog = failure.reason === "hook" ? await observer.hookLog() : undefined;
  const diagnosis = await diagnose(session, {
    ...failure,
    view,
    scope,
    baseline,
    rendered,
    ...(before === undefined ? {} : { before: before.revision }),
    ...(hookLog === undefined ? {} : { hookLog }),
  });
  const sentence = withLastWords(failure, diagnosis.lastWords);
  session.context.runner.annotate({
    level: "error",
    title: `${rendered.release} failed: ${failure.reason}`,
    message: sentence,
  });
  const revision = newest === undefined ? {} : { revision: newest.revision };
  return { kind: "failed", ...failure, sentence, seconds, ...revision, diagnosis };
}

// Looked at only when time is over: a claim or an address may come late.
function othersOf({ cluster, inputs }: Session, scope: RolloutScope): Promise<readonly unknown[]> {
  const hasClaims = (scope.claims ?? []).length > 0 || scope.mountsClaims === true;
  const hasServices = (scope.loadBalancers ?? []).length > 0;
  return readOthers(cluster.kubectl, inputs.namespace, [
    ...(hasClaims ? ["persistentvolumeclaims"] : []),
    ...(hasServices ? ["services"] : []),
  ]);
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
