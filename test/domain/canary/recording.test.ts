import { expect, test } from "vitest";
import { pass } from "../../../src/core/verdict.ts";
import { startAnalysis } from "../../../src/domain/canary/analysis.ts";
import type { Recording } from "../../../src/domain/canary/recording.ts";
import { decodeRecording, encodeRecording } from "../../../src/domain/canary/recording-file.ts";
import type { Growth } from "../../../src/domain/canary/streams.ts";
import { errorRate, latency } from "./looks.ts";
import { seeded } from "./random.ts";

const random = seeded(11);
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10].map(String);

function bucketsOf(): Readonly<Record<string, number>> {
  let sum = 0;
  const entries = [...bounds, "Infinity"].map((bound) => {
    sum += random.below(900);
    return [bound, sum] as const;
  });
  return Object.fromEntries(entries);
}

function recordingOf(looks: number, metrics: Recording["metrics"]): Recording {
  const point = () => ({
    kind: "open" as const,
    logFail: -random.next() * 10,
    logPassRatio: random.next(),
    logPassLimit: Number.NEGATIVE_INFINITY,
    pValue: random.next(),
  });
  return {
    settings: {
      confidence: 0.95,
      toleratedRatio: 1.2,
      unacceptableRatio: 2,
      minimumRequests: 50,
      freshMs: 120_000,
    },
    plan: { kind: "ramp", steps: [{ weight: 5, holdMs: 900_000 }], promotesEarly: true },
    metrics,
    begun: startAnalysis(metrics),
    looks: Array.from({ length: looks }, (_, index) => ({
      atMs: index * 15_000,
      weight: 5,
      timing: { elapsedMs: index * 15_003, dataAgeMs: index === 0 ? Number.POSITIVE_INFINITY : 1234.5 },
      found: {
        growths: Object.fromEntries(
          metrics.map(({ name }) => [
            name,
            [{ stratum: "5", candidate: bucketsOf(), baseline: bucketsOf() }],
          ]),
        ),
        values: {},
      },
      points: Object.fromEntries(metrics.map(({ name }) => [name, point()])),
    })),
    ending: { verdict: pass, pValue: 0.25 },
  };
}

const many = Array.from({ length: 20 }, (_, index) => ({ ...latency, name: `latency of endpoint ${index}` }));

test("encodeRecording() of 2.5 h at 15 s with 20 histograms of 12 buckets stays under 5 MB in the file", () => {
  const file = JSON.stringify({ details: { recording: encodeRecording(recordingOf(600, many)) } }, null, 2);
  expect(file.length).toBeLessThan(5_000_000);
  expect(file.length).toBeGreaterThan(1_000_000);
});

test("decodeRecording() gives back what was recorded, number by number", () => {
  const recording = recordingOf(5, many.slice(0, 3));
  const file = JSON.stringify(encodeRecording(recording), null, 2);
  expect(decodeRecording(JSON.parse(file))).toEqual(recording);
});

test("decodeRecording() keeps strata, absent arms, fractions and looks without data apart", () => {
  const growths: readonly Growth[] = [
    { stratum: "5 region=eu,endpoint=/a b;c", candidate: { bad: 0.1 + 0.2, total: 1e21 }, baseline: {} },
    { stratum: "15 region=us", candidate: { total: 7 }, baseline: { total: 70, bad: 1 } },
  ];
  const base = recordingOf(1, [errorRate]);
  const [first] = base.looks;
  if (first === undefined) throw new Error("there is a look");
  const { timing: _none, ...undecided } = first;
  const recording: Recording = {
    ...base,
    looks: [
      { ...first, found: { growths: { "error-rate": growths }, values: {} } },
      { ...undecided, problem: "Prometheus answered 503", found: { growths: {}, values: {} } },
    ],
  };
  const read = decodeRecording(JSON.parse(JSON.stringify(encodeRecording(recording))));
  expect(read).toEqual(recording);
});

test("encodeRecording() drops what would make the file too large, and says so", () => {
  const dropped = encodeRecording(recordingOf(4000, many));
  expect(dropped).toEqual({
    dropped: expect.stringMatching(/^4000 looks take \d+ characters, 16000000 are kept$/),
  });
});
