import type { Stand } from "./stand.ts";

/** One thing that must hold on a real cluster, in a namespace of its own. */
export interface DeliveryCase {
  /** Words and hyphens; unique among all cases. */
  readonly name: string;
  /** Also part of the short selection that every change must pass. */
  readonly isShort: boolean;
  /** Throws when something is not as it should be. */
  run(stand: Stand): Promise<void>;
}
