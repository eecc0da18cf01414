import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

const inside = new URL("judge-inside.ts", import.meta.url).pathname;
const idle = new URL("random.ts", import.meta.url).pathname;

interface Measured {
  readonly samples: number;
  readonly firstMs: number;
  readonly firstCpuMs: number;
  readonly warmCpuMs: number;
  readonly addedMb: number;
  readonly peakMb: number;
}

const mostMs = 50;
const mostMb = 60;
const processes = 15;

/** Time and memory to judge an hour of 15 s samples, and how both grow with the series. Best of several processes. */
export function canaryJudge() {
  const idleMb = Math.min(...Array.from({ length: processes }, idlePeakMb));
  const row = (what: string, size: readonly [metrics: number, seriesPerArm: number, looks: number]) => {
    const all = Array.from({ length: size[1] >= 500 ? 3 : processes }, () => measure(size));
    const best = (value: (one: Measured) => number) => Math.round(10 * Math.min(...all.map(value))) / 10;
    return {
      what,
      series: 2 * size[0] * size[1],
      samples: all[0]?.samples ?? 0,
      firstMs: best(({ firstMs }) => firstMs),
      firstCpuMs: best(({ firstCpuMs }) => firstCpuMs),
      warmCpuMs: best(({ warmCpuMs }) => warmCpuMs),
      judgingAddsMb: best(({ addedMb }) => addedMb),
      aboveIdleMb: best(({ peakMb }) => peakMb - idleMb),
    };
  };
  const bars = [
    row("20 metrics, 1 h at one look", [20, 4, 1]),
    row("20 metrics, 1 h at 240 looks", [20, 4, 240]),
  ];
  const growth = [50, 500, 5000].map((perArm) => row("1 metric, 1 h at one look", [1, perArm, 1]));
  const [first] = bars;
  const isWithin = first !== undefined && first.firstCpuMs <= mostMs && first.aboveIdleMb <= mostMb;
  return {
    bench: "canary-judge",
    machine: `${cpus().length} cores, ${cpus()[0]?.model.split(" ").slice(0, 2).join(" ")}`,
    node: process.version,
    processes,
    idleMb: Math.round(idleMb),
    bar: `an hour of 20 metrics at one look, in a process that has done nothing before: at most ${mostMs} ms of the thread's CPU time, which is the wall time where nothing else runs, and ${mostMb} MB above an idle Node: ${isWithin ? "met" : "missed"}`,
    rows: bars,
    growth: growth.map((one) => ({
      ...one,
      warmCpuMsPer1000Series: Math.round((10_000 * one.warmCpuMs) / one.series) / 10,
    })),
  };
}

function measure(size: readonly number[]): Measured {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inside, ...size.map(String)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the judge ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** An idle Node has read a file of types too. */
function idlePeakMb(): number {
  const script = `await import(${JSON.stringify(idle)}); console.log(process.resourceUsage().maxRSS / 1024)`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return Number(stdout);
}
