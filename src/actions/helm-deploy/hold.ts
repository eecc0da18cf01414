import { CancelledError, messageOf } from "../../core/errors.ts";
import { fail } from "../../core/verdict.ts";
import { LeaseHeldError, leaseHolder, withLease } from "../../platform/lease.ts";
import { type PhaseOutcome, refusedOutputs, type Session } from "./session.ts";

/**
 * Runs a phase with the release in its hands. In other hands the phase is refused before anything has changed; when it
 * is lost on the way, the phase ends as a cancelled one does: Helm is interrupted, and nothing is rolled back here.
 */
export async function holdRelease(
  session: Session,
  phase: (session: Session) => Promise<PhaseOutcome>,
): Promise<PhaseOutcome> {
  const { inputs, context, github, cluster } = session;
  if (inputs.phase === "plan") return phase(session);
  const { runner } = context;
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
        return phase({ ...session, lease, context: { ...context, signal } });
      },
    );
  } catch (error) {
    if (!(error instanceof LeaseHeldError)) throw error;
    return {
      verdict: fail(messageOf(error)),
      outputs: { ...refusedOutputs, "failure-reason": "locked" },
    };
  }
}

// The runner kills a cancelled step after ten seconds. What it has to say must be written before.
const cancelBudgetMs = 6_500;

/** The body's result, or a CancelledError when it has not come to an end soon after a cancel. */
export async function boundCancel<T>(cancelled: AbortSignal, body: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const start = () => {
      const sentence = `The step was cancelled, and what it was doing did not end within ${cancelBudgetMs / 1000} s`;
      timer = setTimeout(() => reject(new CancelledError(sentence)), cancelBudgetMs);
    };
    if (cancelled.aborted) start();
    else cancelled.addEventListener("abort", start, { once: true });
  });
  try {
    return await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}
