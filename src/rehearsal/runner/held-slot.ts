import { ConfigError } from "../../core/errors.ts";
import type { ReleaseSlot, SlotRequest } from "./concurrency.ts";
import { evaluateNode, evaluateNodeText, type Scope } from "./expressions.ts";
import { child, type Node } from "./node.ts";
import type { RunContext } from "./run-context.ts";

/** What a workflow or job says under `concurrency`. */
export interface SlotWish {
  readonly node: Node | undefined;
  readonly scope: Scope;
  /** Who asks, for messages. */
  readonly holder: string;
  /** Groups that its callers hold. */
  readonly groups: readonly string[];
  onWaiting(reason: string): void;
}

/** Whether the slot was got; `groups` is what is held from now on. */
export type SlotAnswer =
  | { readonly kind: "held"; readonly groups: readonly string[]; readonly release: ReleaseSlot }
  | { readonly kind: "cancelled"; readonly reason: string };

/** Waits for the turn of a workflow or job; at once when it names no group. */
export async function holdSlot(context: RunContext, wish: SlotWish): Promise<SlotAnswer> {
  const { node, scope, holder, groups } = wish;
  if (node === undefined) return { kind: "held", groups, release: () => {} };
  const group = evaluateNodeText(child(node, "group") ?? node, scope);
  if (group === "")
    throw new ConfigError(`${node.at.file}:${node.at.line}: concurrency group must not be empty`);
  const key = group.toLowerCase();
  if (groups.includes(key)) {
    const reason = `Canceling since a deadlock for concurrency group '${group}' was detected: a caller of ${holder} holds it`;
    return { kind: "cancelled", reason };
  }
  let reason = `the run was cancelled while ${holder} waited for group '${group}'`;
  const request: SlotRequest = {
    group: key,
    holder,
    queue: evaluateNodeText(child(node, "queue"), scope) === "max" ? "max" : "single",
    cancelInProgress: isTrue(child(node, "cancel-in-progress"), scope),
    cancel: (why) => {
      reason = `Canceling since ${why}`;
      if (isHeld) context.cancel(reason);
    },
  };
  let isHeld = false;
  const stopListening = context.onCancel(() => context.slots.leave(request));
  const timer = setTimeout(() => wish.onWaiting(`waits for concurrency group '${group}'`), 0);
  const turn = context.slots.acquire(request);
  if (context.isCancelled) context.slots.leave(request);
  const release = await turn;
  clearTimeout(timer);
  stopListening();
  if (release === undefined) return { kind: "cancelled", reason };
  isHeld = true;
  return { kind: "held", groups: [...groups, key], release };
}

function isTrue(node: Node | undefined, scope: Scope): boolean {
  return node !== undefined && evaluateNode(node, scope) === true;
}
