import { at, isRecord, type Json } from "../core/json.ts";
import { type HolderRun, identityOf, type LeaseHolder } from "../domain/lock/holder.ts";
import { leaseAnnotations, leaseName, leaseOf, microTime } from "../domain/lock/lease.ts";
import type { Clock } from "./clock.ts";
import type { Kubectl, KubeObject } from "./kubectl.ts";

export interface LeaseTiming {
  readonly durationMs: number;
  readonly renewMs: number;
  /** How often a holder looks whether it is still the holder, and what it is told. */
  readonly lookMs: number;
}

export const leaseTiming: LeaseTiming = { durationMs: 40_000, renewMs: 10_000, lookMs: 2_500 };

export interface LeaseRequest {
  readonly release: string;
  readonly namespace: string;
  readonly holder: LeaseHolder;
  /** GitHub's word on a job; undefined where it does not say. */
  readonly isOver: (run: HolderRun) => Promise<boolean | undefined>;
  /** Given by a rollback: it asks a living holder to yield, and takes the Lease after 15 s whether or not it did. */
  readonly preempt?: { readonly reason: string; readonly actor: string };
  readonly say?: (line: string) => void;
  readonly warn?: (line: string) => void;
  /** Ends the wait for the Lease. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly timing?: LeaseTiming;
}

/** A Lease and everything that is needed to speak about it. */
export interface Place {
  readonly kubectl: Kubectl;
  readonly request: LeaseRequest;
  readonly clock: Clock;
  readonly timing: LeaseTiming;
}

export const leaseKind = "leases.coordination.k8s.io";

/** The Lease object, or undefined where there is none. */
export function readLease({ kubectl, request }: Place): Promise<unknown> {
  return kubectl.get(leaseKind, leaseName(request.release), request.namespace);
}

/** The Lease with us as its holder. What was said to the one before is gone. */
export function heldLease(
  place: Place,
  before: unknown,
  { acquiredAt }: { readonly acquiredAt?: string } = {},
): KubeObject {
  const { request, clock, timing } = place;
  const now = microTime(clock.now());
  const facts = leaseOf(before);
  const isRenewal = acquiredAt !== undefined;
  const spec = {
    holderIdentity: identityOf(request.holder),
    leaseDurationSeconds: Math.max(1, Math.round(timing.durationMs / 1000)),
    acquireTime: acquiredAt ?? now,
    renewTime: now,
    leaseTransitions: facts.transitions + (isRenewal || facts.version === undefined ? 0 : 1),
  };
  const said = isRenewal ? annotationsOf(before) : {};
  return leaseObject(place, before, {
    spec,
    annotations: { ...said, [leaseAnnotations.step]: request.holder.step },
  });
}

/** The Lease with nobody as its holder. The wish of a rollback outlives the one who yielded to it. */
export function freedLease(place: Place, before: unknown): KubeObject {
  const { clock, timing } = place;
  const spec = {
    holderIdentity: "",
    leaseDurationSeconds: Math.max(1, Math.round(timing.durationMs / 1000)),
    // Kept to tell what was done under the Lease from what somebody did without it.
    acquireTime: leaseOf(before).acquiredAt,
    renewTime: microTime(clock.now()),
    leaseTransitions: leaseOf(before).transitions,
  };
  const wish = annotationsOf(before)[leaseAnnotations.intent];
  const annotations = {
    [leaseAnnotations.last]: leaseOf(before).holder,
    ...(wish === undefined ? {} : { [leaseAnnotations.intent]: wish }),
  };
  return leaseObject(place, before, { spec, annotations });
}

interface LeaseParts {
  readonly spec: { readonly [key: string]: Json };
  /** Ours; what others wrote beside them stays. */
  readonly annotations: Readonly<Record<string, string>>;
}

function leaseObject({ request }: Place, before: unknown, { spec, annotations }: LeaseParts): KubeObject {
  const ours: readonly string[] = Object.values(leaseAnnotations);
  const foreign = Object.entries(annotationsOf(before)).filter(([key]) => !ours.includes(key));
  const version = leaseOf(before).version;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: leaseName(request.release),
      namespace: request.namespace,
      labels: { "app.kubernetes.io/managed-by": "sluice", "sluice/release": request.release },
      annotations: { ...Object.fromEntries(foreign), ...annotations },
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
    spec,
  };
}

function annotationsOf(object: unknown): Readonly<Record<string, string>> {
  const found = at(object, "metadata", "annotations");
  if (!isRecord(found)) return {};
  return Object.fromEntries(
    Object.entries(found).filter((one): one is [string, string] => typeof one[1] === "string"),
  );
}
