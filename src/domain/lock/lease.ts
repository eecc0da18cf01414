import { isRecord, numberAt, parseJson, textAt } from "../../core/json.ts";

/** The name of the Lease of a release. */
export function leaseName(release: string): string {
  return `sluice-${release}`;
}

/** What the people and runs around a release write on its Lease. */
export const leaseAnnotations = {
  step: "sluice/step",
  /** Who gave it back, for the people who look. */
  last: "sluice/last-holder",
  intent: "sluice/intent",
  command: "sluice/command",
} as const;

/** The wish of a rollback to have the release now. */
export interface Intent {
  /** Identity of who wants it, as a holder is named. */
  readonly holder: string;
  readonly reason: string;
  readonly actor: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A Lease as it stands in the cluster. */
export interface LeaseFacts {
  /** Changes with every write; absent where there is no Lease yet. */
  readonly version?: string;
  /** Empty where nobody holds it. */
  readonly holder: string;
  /** What the holder does, such as `helm-deploy promote`. */
  readonly step: string;
  /** ISO 8601, UTC, by the holder's clock; empty where it was never taken. */
  readonly acquiredAt: string;
  readonly renewedAt: string;
  readonly durationMs: number;
  readonly transitions: number;
  readonly intent?: Intent;
  /** As it was written, whether or not it is one we know. */
  readonly command?: string;
}

const usualDurationMs = 40_000;

/** The Lease of a Kubernetes object; without an object, one that nobody ever held. */
export function leaseOf(object: unknown): LeaseFacts {
  const annotation = (name: string) => textAt(object, "metadata", "annotations", name);
  const version = textAt(object, "metadata", "resourceVersion");
  const intent = intentOf(annotation(leaseAnnotations.intent));
  const command = annotation(leaseAnnotations.command)?.trim();
  return {
    ...(version === undefined ? {} : { version }),
    holder: textAt(object, "spec", "holderIdentity") ?? "",
    step: annotation(leaseAnnotations.step) ?? "",
    acquiredAt: textAt(object, "spec", "acquireTime") ?? "",
    renewedAt: textAt(object, "spec", "renewTime") ?? "",
    durationMs: (numberAt(object, "spec", "leaseDurationSeconds") ?? usualDurationMs / 1000) * 1000,
    transitions: numberAt(object, "spec", "leaseTransitions") ?? 0,
    ...(intent === undefined ? {} : { intent }),
    ...(command === undefined || command === "" ? {} : { command }),
  };
}

function intentOf(text: string | undefined): Intent | undefined {
  if (text === undefined) return undefined;
  const document = parseJson(text);
  if (!isRecord(document)) return undefined;
  const part = (key: string) => textAt(document, key) ?? "";
  return { holder: part("holder"), reason: part("reason"), actor: part("actor"), at: part("at") };
}

/** A point in time as a Lease writes it: Kubernetes demands six decimals. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
