import { identityOf, type LeaseHolder } from "../../../src/domain/lock/holder.ts";
import type { Intent, LeaseFacts } from "../../../src/domain/lock/lease.ts";

/** A step of a job, told apart by run and job. */
export function stepOf(id: string, job = "deploy", step = "helm-deploy deploy"): LeaseHolder {
  const url = `https://github.com/acme/web/actions/runs/${id}`;
  return { run: { repository: "acme/web", id, attempt: 1, job, url }, step, nonce: "0a1b2c3d" };
}

export const self = stepOf("100");
export const other = stepOf("7");

export const now = Date.parse("2026-01-01T12:00:00Z");

/** A point in time, so many seconds before now. */
export function ago(seconds: number): string {
  return new Date(now - seconds * 1000).toISOString().replace("Z", "000Z");
}

/** A Lease in the hands of another run, renewed 5 s ago, but for what is changed. */
export function leaseHeld(change: Partial<LeaseFacts> = {}): LeaseFacts {
  return {
    version: "1",
    holder: identityOf(other),
    step: other.step,
    acquiredAt: ago(60),
    renewedAt: ago(5),
    durationMs: 40_000,
    transitions: 1,
    ...change,
  };
}

export function intentOf(holder: LeaseHolder, at: string): Intent {
  return { holder: identityOf(holder), reason: "loses orders", actor: "ann", at };
}
