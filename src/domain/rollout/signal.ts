/** One word for why a rollout failed: the output `failure-reason`. */
export type FailureReason =
  | "image"
  | "config"
  | "container"
  | "crash"
  | "unschedulable"
  /** A quota is used up, or the admission of pods gives no answer. */
  | "quota"
  /** The cluster does not admit such pods: PodSecurity, LimitRange, a webhook, a missing ServiceAccount. */
  | "denied"
  | "deadline"
  | "paused"
  | "hook"
  | "timeout"
  | "refused"
  | "locked"
  | "cancelled"
  /** The new colour did not come up or was refused before the switch. */
  | "validation"
  /** The new colour failed during the watch after the switch. */
  | "watch"
  | "helm";

/** Something seen in the cluster that speaks against the new version. */
export interface Signal {
  /** The same trouble has the same key at every look. */
  readonly key: string;
  readonly reason: FailureReason;
  /** One sentence without a period: object, what, why. */
  readonly text: string;
  /** How long it must last before it dooms what it speaks of. */
  readonly graceMs: number;
  /** The pod it was seen on; absent where no pod could be made. */
  readonly pod?: string;
  readonly container?: string;
}

/** How long troubles that may pass are borne, in milliseconds. */
export interface Graces {
  readonly unschedulableMs: number;
  readonly quotaMs: number;
  readonly pullMs: number;
}
