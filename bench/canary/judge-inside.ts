import { judgeAnalysis, startAnalysis, takeLook } from "../../src/domain/canary/analysis.ts";
import { recorded, samplesIn } from "./recorded.ts";

/** Judges what was recorded, once as the first thing this process does and then a few times more, and says how long it took. */
const [metrics = 1, seriesPerArm = 10, looks = 1] = process.argv.slice(2).map(Number);
const hour = recorded(metrics, seriesPerArm);
const before = process.memoryUsage().rss;

interface Took {
  readonly ms: number;
  /** Of this thread: other work on the machine does not lengthen it. */
  readonly cpuMs: number;
}

function judgeOnce(): Took {
  const startedAt = performance.now();
  const cpuBefore = process.threadCpuUsage();
  let analysis = startAnalysis(hour.metrics);
  for (let look = 1; look <= looks; look++) {
    const untilMs = hour.untilMs - ((looks - look) * hour.lastsMs) / looks;
    const readings = looks === 1 ? hour.readings : hour.readingsUntil(untilMs);
    const window = { strata: [{ name: "5", fromMs: hour.fromMs }], untilMs, confidence: 0.95 };
    analysis = takeLook(hour.metrics, analysis, { readings, window }).analysis;
    if (judgeAnalysis(hour.metrics, analysis, 0.95).length !== metrics)
      throw new Error("not all were judged");
  }
  const { user, system } = process.threadCpuUsage(cpuBefore);
  return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
}

const first = judgeOnce();
const added = process.memoryUsage().rss - before;
const again = Array.from({ length: 5 }, judgeOnce);
console.log(
  JSON.stringify({
    samples: samplesIn(hour.readings),
    firstMs: first.ms,
    firstCpuMs: first.cpuMs,
    warmCpuMs: Math.min(first.cpuMs, ...again.map(({ cpuMs }) => cpuMs)),
    addedMb: added / 2 ** 20,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
);
