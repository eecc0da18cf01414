import { child, literalText, type Node } from "./node.ts";

/** The name of a concurrency group when it is known without running anything; names ignore case. */
export function concurrencyGroup(node: Node | undefined): string | undefined {
  return (literalText(node) ?? literalText(child(node, "group")))?.toLowerCase();
}

/** What a workflow or job asks of a group. */
export interface SlotRequest {
  readonly group: string;
  readonly queue: "single" | "max";
  readonly cancelInProgress: boolean;
  /** Who asks, for messages. */
  readonly holder: string;
  /** Called when a newer arrival cancels this one, waiting or running. */
  readonly cancel: (reason: string) => void;
}

/** Given back when the holder has ended. */
export type ReleaseSlot = () => void;

interface Waiting {
  readonly request: SlotRequest;
  readonly start: (release: ReleaseSlot | undefined) => void;
}

/** GitHub keeps this many waiting with `queue: max`. */
const longestQueue = 100;

/** Concurrency groups of one repository, shared by all its runs. */
export class Slots {
  readonly #running = new Map<string, SlotRequest>();
  readonly #waiting = new Map<string, Waiting[]>();

  /** Waits for the group; undefined when the wait was cancelled. */
  acquire(request: SlotRequest): Promise<ReleaseSlot | undefined> {
    const { group } = request;
    const holder = this.#running.get(group);
    if (holder === undefined) {
      this.#running.set(group, request);
      return Promise.resolve(() => this.#release(group));
    }
    if (request.cancelInProgress) holder.cancel(`a newer run of group "${group}" started: ${request.holder}`);
    return new Promise((start) => this.#enqueue({ request, start }));
  }

  /** Stops waiting, when the run is cancelled before its turn came. */
  leave(request: SlotRequest): void {
    const queue = this.#waiting.get(request.group) ?? [];
    for (const waiting of queue.filter((one) => one.request === request)) this.#drop(waiting);
  }

  #enqueue(waiting: Waiting): void {
    const { group, queue: rule, holder } = waiting.request;
    const queue = this.#waiting.get(group) ?? [];
    this.#waiting.set(group, queue);
    const isFull = rule === "single" ? queue.length >= 1 : queue.length >= longestQueue;
    const oldest = queue[0];
    if (isFull && oldest !== undefined) {
      oldest.request.cancel(`a newer run waits for group "${group}": ${holder}`);
      this.#drop(oldest);
    }
    queue.push(waiting);
  }

  #drop(waiting: Waiting): void {
    const queue = this.#waiting.get(waiting.request.group) ?? [];
    const index = queue.indexOf(waiting);
    if (index < 0) return;
    queue.splice(index, 1);
    waiting.start(undefined);
  }

  #release(group: string): void {
    this.#running.delete(group);
    const next = this.#waiting.get(group)?.shift();
    if (next === undefined) return;
    this.#running.set(group, next.request);
    next.start(() => this.#release(group));
  }
}
