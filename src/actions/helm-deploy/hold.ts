import { CancelledError, messageOf } from "../../core/errors.ts";
import { fail } from "../../core/verdict.ts";
import { changeRecord, type DeployRecord } from "../../domain/record/record.ts";
import { namespaceExists } from "../../platform/kubectl.ts";
import { ConflictError } from "../../platform/kubectl-errors.ts";
import { LeaseHeldError, leaseHolder, withLease } from "../../platform/lease.ts";
import { ended } from "./records.ts";
import { type PhaseOutcome, refusedOutputs, type Session } from "./session.ts";

type Phase = (session: Session) => Promise<PhaseOutcome>;

/**
 * Runs a phase with the release in its hands. In other hands the phase is refused before anything has changed; when it
 * is lost on the way, the phase ends as a cancelled one does: Helm is interrupted, and nothing is rolled back here.
 */
export async function holdRelease(session: Session, phase: Phase): Promise<PhaseOutcome> {
  const { inputs, context, github, cluster } = session;
  if (inputs.phase === "plan") return phase(session);
  const { runner } = context;
  await makeNamespace(session);
  try {
    return await withLease(
      cluster.kubectl,
      {
        release: inputs.release,
        namespace: inputs.namespace,
        holder: leaseHolder(context.run, `helm-deploy ${inputs.phase}`),
        isOver: async (run) => github?.isOver(run),
        say: (line) => runner.info(line),
        warn: (message) => runner.annotate({ level: "warning", message }),
        signal: context.signal,
      },
      (lease) => {
        const signal = AbortSignal.any([context.signal, lease.lost]);
        return sayWhyLost({ ...session, lease, context: { ...context, signal } }, phase);
      },
    );
  } catch (error) {
    if (!(error instanceof LeaseHeldError)) throw error;
    return { verdict: fail(messageOf(error)), outputs: { ...refusedOutputs, "failure-reason": "locked" } };
  }
}

// Helm would make it with the first object, but the Lease and the record stand there before.
async function makeNamespace({ inputs, cluster: { kubectl } }: Session): Promise<void> {
  const { createNamespace, namespace, phase } = inputs;
  if (!createNamespace || phase !== "deploy" || (await namespaceExists(kubectl, namespace))) return;
  try {
    await kubectl.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** To a phase, a release that was lost looks like a cancel. The verdict and the record say what it was. */
async function sayWhyLost(session: Session, phase: Phase): Promise<PhaseOutcome> {
  const whyLost = () => session.lease?.whyLost();
  let outcome: PhaseOutcome;
  try {
    outcome = await phase(session);
  } catch (error) {
    if (whyLost() === undefined || !(error instanceof CancelledError)) throw error;
    outcome = { verdict: fail(messageOf(error)), outputs: refusedOutputs };
  }
  const why = whyLost();
  if (why === undefined || outcome.verdict.kind === "pass") return outcome;
  await closeRecord(session, why);
  return { ...outcome, verdict: fail(why), outputs: { ...outcome.outputs, "failure-reason": "cancelled" } };
}

// A candidate or a promotion that was given up half-way stays open: whoever took the release brings it home.
async function closeRecord({ store, context, inputs }: Session, why: string): Promise<void> {
  const { runId, attempt } = context.run;
  const isOurs = ({ run, status }: DeployRecord) =>
    run.id === runId && run.attempt === attempt && (status === "bad" || status === "deploying");
  await store.update((state) => {
    const record = state.records.find(isOurs);
    const mayClose = record?.status === "bad" || (inputs.phase === "deploy" && state.rollout === undefined);
    if (record === undefined || !mayClose) return state;
    const change = ended({ status: "bad", reason: why });
    return { ...state, records: changeRecord(state.records, record.id, change) };
  });
}

// The runner kills a cancelled step after ten seconds. What it has to say must be written before.
const cancelBudgetMs = 6_500;

/** The body's result, or a CancelledError when it has not come to an end soon after a cancel. */
export async function boundCancel<T>(
  cancelled: AbortSignal,
  body: () => Promise<T>,
  budgetMs = cancelBudgetMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const start = () => {
    const sentence = `The step was cancelled, and what it was doing did not end within ${budgetMs / 1000} s`;
    timer = setTimeout(() => reject(new CancelledError(sentence)), budgetMs);
  };
  if (cancelled.aborted) start();
  else cancelled.addEventListener("abort", start, { once: true });
  try {
    return await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
    cancelled.removeEventListener("abort", start);
  }
}
