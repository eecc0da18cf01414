import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { LoadOptions } from "./traffic-load.ts";
import type { TrafficReport } from "./traffic-tally.ts";

export type { ArmReport, SecondReport, TrafficReport } from "./traffic-tally.ts";

export interface TrafficOptions extends LoadOptions {
  /** Ends the traffic without a report. */
  readonly signal?: AbortSignal;
}

/** Requests under way in a thread of their own, so that counting disturbs nothing else and nothing else disturbs it. */
export interface RunningTraffic {
  /** What was counted so far. */
  report(): Promise<TrafficReport>;
  /** Ends the traffic once every request is answered or lost. Asked again, it says the same. */
  stop(): Promise<TrafficReport>;
}

export async function startTraffic({ signal, ...options }: TrafficOptions): Promise<RunningTraffic> {
  const worker = new Worker(new URL("./traffic-worker.ts", import.meta.url), { workerData: options });
  const broken = new Promise<never>((_resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("The traffic was ended before it was asked for its report")));
  });
  broken.catch(() => undefined);
  await Promise.race([once(worker, "online"), broken]);
  signal?.addEventListener("abort", () => void worker.terminate(), { once: true });
  let orders: Promise<unknown> = Promise.resolve();
  // One order at a time, so that each answer belongs to its order.
  const order = (what: "report" | "stop"): Promise<TrafficReport> => {
    const answer = orders.then(async () => {
      const report = new Promise<TrafficReport>((resolve) => worker.once("message", resolve));
      worker.postMessage(what);
      return Promise.race([report, broken]);
    });
    orders = answer.catch(() => undefined);
    return answer;
  };
  let stopped: Promise<TrafficReport> | undefined;
  return {
    report: () => stopped ?? order("report"),
    stop: () => (stopped ??= order("stop")),
  };
}
