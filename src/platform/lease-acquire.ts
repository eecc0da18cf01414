import { messageOf } from "../core/errors.ts";
import { identityOf, isEarlierAttempt, isSameJob, runOfIdentity } from "../domain/lock/holder.ts";
import { type LeaseFacts, leaseAnnotations, leaseName, leaseOf } from "../domain/lock/lease.ts";
import {
  claimantOf,
  decidePreempt,
  decideTake,
  type Knowledge,
  type TakeDecision,
  type TakenFrom,
  whoHolds,
} from "../domain/lock/take.ts";
import { ConflictError, NotFoundError } from "./kubectl-errors.ts";
import { heldLease, leaseKind, type Place, readLease } from "./lease-object.ts";

// While a rollback waits, seconds count.
const preemptLookMs = 500;
const mostConflicts = 20;

/** How a Lease came into our hands. */
export interface Taken {
  readonly from: TakenFrom;
  /** The Lease as it stood before. */
  readonly before: LeaseFacts;
}

export interface Held {
  readonly kind: "taken";
  readonly taken: Taken;
  /** The Lease with us as its holder. */
  readonly object: unknown;
}

export type Acquired = Held | { readonly kind: "refused"; readonly reason: string };

/** Takes the Lease as soon as it may be taken. */
export async function acquire(place: Place): Promise<Acquired> {
  const { request, clock, timing } = place;
  const watching = watchClaim(place);
  let wishedMs: number | undefined;
  for (let conflicts = 0; ; ) {
    const object = await readLease(place);
    const lease = leaseOf(object);
    const known = await watching(lease);
    const waitedMs = wishedMs === undefined ? 0 : Math.max(1, clock.now() - wishedMs);
    const decision = decide(place, lease, { ...known, waitedMs });
    if (decision.kind === "refuse") return { kind: "refused", reason: decision.reason };
    if (decision.kind === "observe") {
      if (request.preempt !== undefined && wishedMs === undefined) {
        wishedMs = clock.now();
        request.say?.(`Release ${request.release} is ${whoHolds(lease)}: it is asked to yield`);
        await writeIntent(place);
      }
      await clock.sleep(request.preempt === undefined ? timing.lookMs : preemptLookMs, request.signal);
      continue;
    }
    try {
      const held = await (lease.version === undefined
        ? place.kubectl.create(heldLease(place, undefined))
        : place.kubectl.replace(heldLease(place, object)));
      sayTaken(place, lease, decision.from);
      return { kind: "taken", taken: { from: decision.from, before: lease }, object: held };
    } catch (error) {
      // Somebody else was faster: what is decided next is decided on what stands there now.
      const isStale =
        error instanceof ConflictError || (error instanceof NotFoundError && lease.version !== undefined);
      if (!isStale || ++conflicts >= mostConflicts) throw error;
    }
  }
}

function decide(
  { request }: Place,
  lease: LeaseFacts,
  known: Knowledge & { readonly waitedMs: number },
): TakeDecision {
  return request.preempt === undefined ? decideTake(lease, known) : decidePreempt(lease, known);
}

/** Remembers since when nobody wrote to the Lease, by our own clock, and asks GitHub once about each claimant. */
function watchClaim({ request, clock }: Place) {
  let sign = "";
  let claimant = "";
  let sinceMs = 0;
  let wasRenewed = false;
  let isOver: boolean | undefined;
  return async (lease: LeaseFacts): Promise<Knowledge> => {
    const nowClaims = claimantOf(lease);
    const nowSign = `${nowClaims} ${lease.holder === "" ? (lease.intent?.at ?? "") : lease.renewedAt}`;
    if (nowSign !== sign || sinceMs === 0) {
      wasRenewed = nowClaims === claimant && sinceMs !== 0;
      sinceMs = clock.now();
      sign = nowSign;
    }
    if (nowClaims !== claimant) {
      claimant = nowClaims;
      isOver = isSameJob(claimant, request.holder) ? undefined : await ask(request, claimant);
    }
    const now = clock.now();
    return {
      release: request.release,
      self: request.holder,
      isOver,
      unchangedMs: now - sinceMs,
      wasRenewed,
      now,
    };
  };
}

async function ask(
  { isOver, holder, say }: Place["request"],
  claimant: string,
): Promise<boolean | undefined> {
  if (isEarlierAttempt(claimant, holder)) return true;
  const run = runOfIdentity(claimant);
  if (run === undefined) return undefined;
  try {
    return await isOver(run);
  } catch (error) {
    say?.(`GitHub was asked about run ${run.id} in vain: ${messageOf(error)}`);
    return undefined;
  }
}

async function writeIntent({ kubectl, request, clock }: Place): Promise<void> {
  const { preempt, release, namespace, holder } = request;
  const at = new Date(clock.now()).toISOString();
  const intent = JSON.stringify({
    holder: identityOf(holder),
    reason: preempt?.reason ?? "",
    actor: preempt?.actor ?? "",
    at,
  });
  const abort = `abort: ${preempt?.reason ?? ""}, ${preempt?.actor ?? ""}`;
  await kubectl.patch(leaseKind, leaseName(release), namespace, {
    type: "merge",
    patch: {
      metadata: { annotations: { [leaseAnnotations.intent]: intent, [leaseAnnotations.command]: abort } },
    },
  });
}

function sayTaken({ request }: Place, before: LeaseFacts, from: TakenFrom): void {
  const why = whyTaken[from];
  if (why === undefined) return;
  const was = from === "yielded" ? "" : `, which was ${whoHolds(before)},`;
  request.say?.(`Release ${request.release}${was} is ours: ${why}`);
}

const whyTaken: Partial<Record<TakenFrom, string>> = {
  ours: "an earlier step of this job did not give it back",
  over: "GitHub has ended that job",
  expired: "it was not renewed for its whole duration while we watched",
  yielded: "its holder has yielded",
  forced: "its holder did not yield in time and may still be at work",
};
