import { messageOf } from "../../core/errors.ts";
import { runOfIdentity } from "../../domain/lock/holder.ts";
import { isPending } from "../../domain/release/history.ts";
import { type Attempt, type Claim, claimAttempt } from "../../domain/rollback/interrupted.ts";
import type { RollbackWorld } from "../../domain/rollback/plan.ts";
import type { Story } from "./situation.ts";

/** Nobody else has it. */
export const free: Claim = { kind: "free" };

/** Whether the attempt may be taken out of its run's hands: by GitHub's word, or by its Lease. */
export async function claimOf(story: Story, attempt: Attempt): Promise<Claim> {
  const { inputs, context, parts, journal } = story;
  const { runId, attempt: number, job } = context.run;
  const { run } = attempt;
  // What our own job began earlier is ours: its step has ended, else this one would not run.
  if (run.id === runId && run.attempt === number && run.job === job) return free;
  if (isProvenGone(story, attempt)) return free;
  const now = parts.clock.now();
  try {
    return claimAttempt(attempt, { isOver: await parts.github?.isOver(run), now });
  } catch (error) {
    journal.notes.push(`GitHub was asked about run ${run.id} in vain: ${messageOf(error)}`);
    return claimAttempt(attempt, { isOver: undefined, now });
  } finally {
    if (parts.github === undefined && inputs.mode === "recover")
      journal.notes.push('Without "github-token" nobody can say whether the run has ended');
  }
}

/** A Lease that its holder stopped renewing in the middle of a step says as much as GitHub does. */
function isProvenGone({ lease }: Story, { run }: Attempt): boolean {
  if (lease === undefined || !/^(over|expired)$/.test(lease.taken.from)) return false;
  const holder = runOfIdentity(lease.taken.before.holder);
  return holder !== undefined && holder.id === run.id && holder.attempt === run.attempt;
}

/** Helm's lock in the hands of a run that may be alive: two Helms at once would leave a state nobody knows. */
export function lockProblem(
  { inputs, lease }: Story,
  { history, release }: RollbackWorld,
  claim: Claim,
): string | undefined {
  const newest = history.at(-1);
  if (!isPending(newest) || claim.kind === "free" || newest === undefined) return undefined;
  if (claim.kind === "unknown" && inputs.allowUnverified) return undefined;
  // Whoever worked was asked to yield and was given the time to.
  if (lease !== undefined && /^(yielded|forced|over|expired)$/.test(lease.taken.from)) return undefined;
  const cure =
    claim.kind === "live" ? "cancel it: its own job rolls back" : "allow-unverified takes it all the same";
  return `Helm is at work on ${release} (revision ${newest.revision}, ${newest.status}) and ${claim.reason}: ${cure}`;
}
