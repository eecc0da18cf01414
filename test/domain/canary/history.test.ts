import { expect, test } from "vitest";
import { startAnalysis } from "../../../src/domain/canary/analysis.ts";
import { learnsFromPast, noteHistory } from "../../../src/domain/canary/history.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { seeded } from "./random.ts";

const read = (text: string) =>
  parseMetrics({ input: "metrics", text }, { toleratedRatio: 1.2, unacceptableRatio: 2 });
const hourMs = 3_600_000;
const span = { fromMs: 0, untilMs: hourMs, lookMs: 15_000 };

test.each([
  { text: "- {name: m, errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'}", learns: true },
  { text: "- {name: m, gauge: 'g{ {{arm}} }'}", learns: true },
  { text: "- {name: m, gauge: 'g{ {{arm}} }', test: mann-whitney}", learns: false },
  { text: "- {name: m, gauge: 'g{ {{arm}} }', pass: '< 1'}", learns: false },
  { text: "- {name: m, query: 'g{ {{arm}} }'}", learns: false },
])("learnsFromPast() of $text: $learns", ({ text, learns }) => {
  expect(read(text).map(learnsFromPast)).toEqual([learns]);
});

test("noteHistory() takes a gauge's past in intervals of the looks, the mean over its series", () => {
  const metrics = read("- {name: m, gauge: 'g{ {{arm}} }'}");
  const series = (pod: string, value: number, every = 15_000) => ({
    labels: { pod },
    samples: Array.from({ length: hourMs / every }, (_, index) => ({ ms: index * every + 5000, value })),
  });
  const past = (list: readonly ReturnType<typeof series>[]) => {
    const readings = { m: { candidate: {}, baseline: { value: list } } };
    const { m } = noteHistory(metrics, startAnalysis(metrics), { readings, span });
    return m?.kind === "valued" ? m.judged.compared.history : [];
  };
  expect(past([series("a", 1), series("b", 3)])).toEqual(Array(240).fill(2));
  // Scraped once a minute, three of four intervals have no value and are none.
  expect(past([series("a", 1, 60_000)])).toEqual(Array(60).fill(1));
  expect(past([])).toEqual([]);
});

test("noteHistory() learns from a bursty past that errors cluster, and from an even one that they do not", () => {
  const metrics = read("- {name: m, errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'}");
  const random = seeded(11);
  const grown = (errorsAt: (minute: number) => number) => {
    let [bad, total] = [0, 0];
    const samples = Array.from({ length: 240 }, (_, index) => {
      total += 150;
      bad += errorsAt(Math.floor(index / 4)) / 4;
      return { ms: index * 15_000 + 5000, bad, total };
    });
    const labels = { job: "web", pod: "web-1" };
    const reading = {
      total: [{ labels, samples: samples.map(({ ms, total: value }) => ({ ms, value })) }],
      bad: [
        {
          labels: { ...labels, status: "500" },
          samples: samples.map(({ ms, bad: value }) => ({ ms, value })),
        },
      ],
    };
    const readings = { m: { candidate: {}, baseline: reading } };
    const { m } = noteHistory(metrics, startAnalysis(metrics), { readings, span });
    const clustering = m?.kind === "counted" ? m.judged.clustering.errors : undefined;
    return (clustering?.seen ?? 0) / (clustering?.expected ?? 1);
  };
  expect(grown((minute) => (minute % 10 === 0 ? 40 : 0))).toBeGreaterThan(10);
  expect(grown(() => 3 + random.below(3))).toBeLessThan(2);
});

test("noteHistory() learns nothing from pods that are gone", () => {
  const metrics = read("- {name: m, errors: 'e{ {{arm}} }', requests: 'r{ {{arm}} }'}");
  const pod = (name: string, fromMinute: number, untilMinute: number, badIn: (minute: number) => number) => {
    let bad = 0;
    const samples = Array.from({ length: (untilMinute - fromMinute) * 4 }, (_, index) => {
      const minute = fromMinute + Math.floor(index / 4);
      bad += badIn(minute) / 4;
      return { ms: fromMinute * 60_000 + index * 15_000 + 5000, bad, total: index * 150 };
    });
    const series = (key: "bad" | "total", labels: Readonly<Record<string, string>>) => ({
      labels: { pod: name, ...labels },
      samples: samples.map((one) => ({ ms: one.ms, value: one[key] })),
    });
    return { bad: series("bad", { status: "500" }), total: series("total", {}) };
  };
  const learned = (untilMinute: number) => {
    const pods = [
      pod("old", 0, untilMinute, (minute) => (minute % 2 === 0 ? 40 : 0)),
      pod("new", 30, 60, () => 4),
    ];
    const baseline = { bad: pods.map(({ bad }) => bad), total: pods.map(({ total }) => total) };
    const readings = { m: { candidate: {}, baseline } };
    const { m } = noteHistory(metrics, startAnalysis(metrics), { readings, span });
    const clustering = m?.kind === "counted" ? m.judged.clustering.errors : undefined;
    return (clustering?.seen ?? 0) / (clustering?.expected ?? 1);
  };
  expect(learned(60)).toBeGreaterThan(2);
  expect(learned(58)).toBeLessThan(1);
});
