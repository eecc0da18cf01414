import { randomUUID } from "node:crypto";
import { CancelledError, messageOf, OutsideError } from "../core/errors.ts";
import type { EvidenceRun } from "../domain/evidence/evidence.ts";
import { type LeaseCommand, readCommand } from "../domain/lock/command.ts";
import { identityOf, type LeaseHolder } from "../domain/lock/holder.ts";
import { leaseAnnotations, leaseOf } from "../domain/lock/lease.ts";
import { whyLost } from "../domain/lock/take.ts";
import { systemClock } from "./clock.ts";
import type { Kubectl } from "./kubectl.ts";
import { ConflictError, NotFoundError } from "./kubectl-errors.ts";
import { acquire, type Held, type Taken } from "./lease-acquire.ts";
import {
  freedLease,
  heldLease,
  type LeaseRequest,
  leaseTiming,
  type Place,
  readLease,
} from "./lease-object.ts";

/** The release is in other hands. The sentence says whose, since when, and what frees it; nothing was changed. */
export class LeaseHeldError extends OutsideError {}

/** A release in our hands. */
export interface Lease {
  /** Aborted with the reason when another one took the release, or a rollback wants it: stop, and change nothing more. */
  readonly lost: AbortSignal;
  /** What a person has told this run by the annotation `sluice/command`. */
  command(): LeaseCommand | undefined;
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
  const ending = new AbortController();
  const kept = keep(place, acquired, ending.signal);
  try {
    return await body(kept.lease);
  } finally {
    ending.abort();
    await release(place, kept);
  }
}

interface Kept {
  readonly lease: Lease;
  /** The Lease as it was seen last. */
  readonly seen: () => unknown;
  readonly ended: Promise<void>;
}

function keep(place: Place, { taken, object: held }: Held, ending: AbortSignal): Kept {
  const { request, clock, timing } = place;
  const lost = new AbortController();
  let told = readCommand(undefined);
  let why: string | undefined;
  let seen = held;
  let renewedMs = clock.now();
  let shown = "";
  const sayOnce = (line: string) => {
    if (line !== shown) request.warn?.(line);
    shown = line;
  };
  const look = async () => {
    seen = await readLease(place);
    const facts = leaseOf(seen);
    why = whyLost(facts, request.holder);
    if (why !== undefined) return lost.abort(new CancelledError(why));
    told = readCommand(facts.command);
    if (told.kind === "unknown")
      sayOnce(`Annotation ${leaseAnnotations.command} must be pause or abort: got "${told.text}"`);
    if (clock.now() - renewedMs < timing.renewMs) return;
    seen = await place.kubectl.replace(heldLease(place, seen, { acquiredAt: facts.acquiredAt }));
    renewedMs = clock.now();
  };
  const loop = async () => {
    while (!ending.aborted && why === undefined) {
      try {
        await clock.sleep(timing.lookMs, ending);
        await look();
      } catch (error) {
        // While the API server is away, nobody else can take the release either: what counts is what it says then.
        const isPassing = error instanceof CancelledError || error instanceof ConflictError;
        if (!isPassing) sayOnce(`The Lease cannot be renewed: ${messageOf(error)}`);
      }
    }
  };
  const lease: Lease = {
    lost: lost.signal,
    command: () => (told.kind === "known" ? told.command : undefined),
    commandWords: () => (told.kind === "known" ? told.words : ""),
    whyLost: () => why,
    taken,
  };
  return { lease, seen: () => seen, ended: loop() };
}

const releaseTries = 4;
const releaseBudgetMs = 4_000;

// A Lease that could not be given back expires by itself, so a step is not held up for it.
async function release(place: Place, { seen, ended }: Kept): Promise<void> {
  const late = new AbortController();
  const tooLate = place.clock.sleep(releaseBudgetMs, late.signal).catch(() => undefined);
  try {
    await Promise.race([ended.then(() => giveBack(place, seen())), tooLate]);
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
