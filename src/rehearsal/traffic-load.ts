import { Agent, request } from "node:http";
import { Tally, type TrafficReport } from "./traffic-tally.ts";

export interface LoadOptions {
  readonly url: string;
  /** The Host header, since the gateway is asked by address. */
  readonly hostHeader?: string;
  readonly requestsPerSecond: number;
  /** Most requests that wait for an answer at a time. */
  readonly concurrency: number;
  /** Kept ones by default. A new one for each request follows a Service to other pods at once. */
  readonly connections?: "kept" | "new";
  /** After it, a request without an answer is lost; ten seconds by default. */
  readonly answerWithinMs?: number;
}

const tickMs = 10;
const usualAnswerMs = 10_000;
const longestMs = 2 * 3_600_000;

/** Sends requests at an even rate over kept connections until it is stopped, and counts every answer. */
export class Load {
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  readonly #tally: Tally;
  readonly #startedAt = Date.now();
  readonly #timer: NodeJS.Timeout;
  #due = 0;
  #open = 0;
  #whenIdle: (() => void) | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    const keepAlive = options.connections !== "new";
    this.#agent = new Agent({ keepAlive, maxSockets: options.concurrency, scheduling: "fifo" });
    this.#tally = new Tally(this.#startedAt);
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  report(): TrafficReport {
    return this.#tally.report(Date.now());
  }

  /** Sends no more, waits for what is under way and says what came of everything. */
  async stop(): Promise<TrafficReport> {
    clearInterval(this.#timer);
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    this.#agent.destroy();
    return this.report();
  }

  #tick(): void {
    const elapsedMs = Date.now() - this.#startedAt;
    if (elapsedMs > longestMs) clearInterval(this.#timer);
    const due = Math.floor((elapsedMs / 1000) * this.#options.requestsPerSecond);
    const wanted = due - this.#due;
    const sent = Math.min(wanted, this.#options.concurrency - this.#open);
    this.#due = due;
    this.#tally.skipped(wanted - sent);
    for (let n = 0; n < sent; n++) this.#send(true);
  }

  #send(mayRepeat: boolean): void {
    const { url, hostHeader, answerWithinMs = usualAnswerMs } = this.#options;
    const sentAt = performance.now();
    let isSettled = false;
    this.#open++;
    const settle = (write: () => void) => {
      if (isSettled) return;
      isSettled = true;
      this.#open--;
      write();
      if (this.#open === 0) this.#whenIdle?.();
    };
    const lost = (why: string) => settle(() => this.#tally.lost(why, Date.now()));
    const headers = hostHeader === undefined ? {} : { host: hostHeader };
    const asked = request(url, { agent: this.#agent, headers, signal: AbortSignal.timeout(answerWithinMs) });
    asked.on("error", (error: NodeJS.ErrnoException) => {
      // A kept connection may be closed by the other side just as it is used again: every client asks once more.
      if (mayRepeat && asked.reusedSocket && error.code === "ECONNRESET") settle(() => this.#send(false));
      else lost(error.name === "AbortError" ? "no answer in time" : (error.code ?? error.message));
    });
    asked.on("response", (response) => {
      const { statusCode: status = 0 } = response;
      const [track, version] = [response.headers["x-sluice-track"], response.headers["x-sluice-version"]];
      response.on("error", (error) => lost(error.message));
      response.on("end", () => {
        if (typeof track !== "string") return lost(`status ${status} without a track`);
        const milliseconds = performance.now() - sentAt;
        const answer = { version: String(version ?? ""), track, status, milliseconds };
        settle(() => this.#tally.answered(answer, Date.now()));
      });
      response.resume();
    });
    asked.end();
  }
}
