import { parentPort, workerData } from "node:worker_threads";
import { Load, type LoadOptions } from "./traffic-load.ts";

// The thread of the traffic: `report` is answered with what was counted so far, `stop` with the whole, and it ends.
const load = new Load(workerData as LoadOptions);

parentPort?.on("message", async (order: "report" | "stop") => {
  parentPort?.postMessage(order === "stop" ? await load.stop() : load.report());
  if (order === "stop") parentPort?.close();
});
