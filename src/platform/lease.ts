import { randomUUID } from "node:crypto";
import { messageOf, OutsideError } from "../core/errors.ts";
import type { EvidenceRun } from "../domain/evidence/evidence.ts";
import type { LeaseCommand } from "../domain/lock/command.ts";
import { identityOf, type LeaseHolder } from "../domain/lock/holder.ts";
import { leaseOf } from "../domain/lock/lease.ts";
import { systemClock } from "./clock.ts";
import type { Kubectl } from "./kubectl.ts";
import { ConflictError, NotFoundError } from "./kubectl-errors.ts";
import { acquire, type Taken } from "./lease-acquire.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { freedLease, type LeaseRequest, leaseTiming, type Place, readLease } from "./lease-object.ts";

/** The release is in other hands. The sentence says whose, since when, and what frees it; nothing was changed. */
export class LeaseHeldError extends OutsideError {}

/** A release in our hands. */
export interface Lease {
  /** Aborted with the reason when another one took the release, or a rollback wants it: stop, and change nothing more. */
  readonly lost: AbortSignal;
  /** What a person has told this run by the annotation `sluice/command`. */
  command(): LeaseCommand | undefined;
  /** Aborted with the command `abort`, for what must not be waited for. */
  readonly aborted: AbortSignal;
  /** Who and why, as it was written after the command. */
  commandWords(): string;
  whyLost(): string | undefined;
  readonly taken: Taken;
}

/** The step that takes a Lease, such as `helm-deploy promote`. Those of a rollback begin with `rollback`. */
export function leaseHolder(run: EvidenceRun, step: string): LeaseHolder {
  const { repository, runId: id, attempt, job, url } = run;
  return { run: { repository, id, attempt, job, url }, step, nonce: randomUUID().slice(0, 8) };
}

/**
 * Runs the body with the release in our hands, and gives it back however the body ends. Throws a LeaseHeldError,
 * before the body has begun, where the release is in somebody else's.
 */
export async function withLease<T>(
  kubectl: Kubectl,
  request: LeaseRequest,
  body: (lease: Lease) => Promise<T>,
): Promise<T> {
  const place: Place = {
    kubectl,
    request,
    clock: request.clock ?? systemClock,
    timing: request.timing ?? leaseTiming,
  };
  const acquired = await acquire(place);
  if (acquired.kind === "refused") throw new LeaseHeldError(acquired.reason);
  const keeper = new LeaseKeeper(place, acquired);
  const ending = new AbortController();
  const kept = keeper.keep(ending.signal);
  try {
    return await body(keeper);
  } finally {
    ending.abort();
    await release(place, async () => {
      await kept;
      await giveBack(place, keeper.seen);
    });
  }
}

const releaseTries = 4;
const releaseBudgetMs = 4_000;

// A Lease that could not be given back expires by itself, so a step is not held up for it.
async function release(place: Place, body: () => Promise<void>): Promise<void> {
  const late = new AbortController();
  const tooLate = place.clock.sleep(releaseBudgetMs, late.signal).catch(() => undefined);
  try {
    await Promise.race([body(), tooLate]);
  } catch (error) {
    const seconds = place.timing.durationMs / 1000;
    place.request.warn?.(`The Lease is not given back and expires in ${seconds} s: ${messageOf(error)}`);
  } finally {
    late.abort();
  }
}

async function giveBack(place: Place, seen: unknown): Promise<void> {
  let object = seen;
  for (let attempt = 1; leaseOf(object).holder === identityOf(place.request.holder); attempt++) {
    try {
      await place.kubectl.replace(freedLease(place, object));
      return;
    } catch (error) {
      const isStale = error instanceof ConflictError || error instanceof NotFoundError;
      if (!isStale || attempt >= releaseTries) throw error;
      object = await readLease(place);
    }
  }
}
