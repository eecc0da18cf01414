import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CancelledError, ConfigError } from "../../src/core/errors.ts";
import { recordedClock, seriesSource } from "../../src/platform/series-source.ts";

const series = (labels: Readonly<Record<string, string>>, ...values: (readonly [number, string])[]) => ({
  metric: { __name__: "http_requests_total", ...labels },
  values,
});
const document = {
  series: [
    series({ track: "stable", status: "200" }, [100, "1"], [115, "2"], [130, "3"]),
    series({ track: "stable", status: "500" }, [130, "1"]),
    series({ track: "candidate", status: "200" }, [115, "5"]),
  ],
  queries: {
    'sum(conversion{track="stable"})': [
      {
        metric: {},
        values: [
          [100, "0.9"],
          [115, "0.8"],
        ],
      },
    ],
  },
};

function fileOf(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), "sluice-series-")), "series.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe("seriesSource()", () => {
  test("answers a selector with the samples of a span, its start left out", async () => {
    const source = await seriesSource("series", fileOf(document));
    const found = await source.samples('http_requests_total{track="stable"}', {
      startMs: 100_000,
      endMs: 130_000,
    });
    expect(found).toEqual([
      {
        labels: { __name__: "http_requests_total", track: "stable", status: "200" },
        samples: [
          { ms: 115_000, value: 2 },
          { ms: 130_000, value: 3 },
        ],
      },
      {
        labels: { __name__: "http_requests_total", track: "stable", status: "500" },
        samples: [{ ms: 130_000, value: 1 }],
      },
    ]);
    expect(source.recorded).toEqual({ firstMs: 100_000, lastMs: 130_000 });
  });

  test("answers nothing where no series is selected, or none has a sample then", async () => {
    const source = await seriesSource("series", fileOf(document));
    const span = { startMs: 100_000, endMs: 130_000 };
    expect(await source.samples('http_requests_total{track="other"}', span)).toEqual([]);
    expect(
      await source.samples('http_requests_total{track="candidate"}', { startMs: 120_000, endMs: 130_000 }),
    ).toEqual([]);
  });

  test("answers a recorded query with its newest value of then", async () => {
    const source = await seriesSource("series", fileOf(document));
    const query = ' sum(conversion{track="stable"})\n';
    const valueAt = async (ms: number) => (await source.values(query, ms))[0]?.samples;
    expect(await valueAt(114_000)).toEqual([{ ms: 100_000, value: 0.9 }]);
    expect(await valueAt(116_000)).toEqual([{ ms: 115_000, value: 0.8 }]);
    expect(await valueAt(115_000 + 300_000)).toBeUndefined();
  });

  test("answers a plain selector as a query too", async () => {
    const source = await seriesSource("series", fileOf(document));
    const [found] = await source.values('http_requests_total{track="candidate"}', 130_000);
    expect(found?.samples).toEqual([{ ms: 115_000, value: 5 }]);
  });

  test("tells what it holds", async () => {
    const { catalog } = await seriesSource("series", fileOf(document));
    const span = { startMs: 0, endMs: 1 };
    expect(await catalog?.metricNames(span)).toEqual(["http_requests_total"]);
    expect(await catalog?.labelsOf("http_requests_total", span)).toHaveLength(3);
  });

  test.each([
    {
      name: "a query it has no answer to",
      query: "sum(http_requests_total)",
      says: "must hold an answer to sum(http_requests_total) under queries",
    },
    {
      name: "a pattern that cannot be read",
      query: 'http_requests_total{track=~"("}',
      says: 'Input "metrics" must have patterns that can be read',
    },
  ])("refuses $name", async ({ query, says }) => {
    const source = await seriesSource("series", fileOf(document));
    const asking = source.values(query, 1);
    await expect(asking).rejects.toThrow(ConfigError);
    await expect(asking).rejects.toThrow(says);
  });

  test.each([
    {
      name: "a path without a file",
      path: "/nowhere/series.json",
      says: 'Input "series" must name a file that can be read',
    },
    { name: "a file without samples", path: fileOf([]), says: 'Input "series" must hold samples: got none' },
    { name: "another file", path: fileOf("up 1\n"), says: 'Input "series" must name a JSON file' },
  ])("refuses $name", async ({ path, says }) => {
    const opening = seriesSource("series", path);
    await expect(opening).rejects.toThrow(ConfigError);
    await expect(opening).rejects.toThrow(says);
  });
});

test("recordedClock() passes its time without waiting, and ends with the step", async () => {
  const clock = recordedClock(1000);
  await clock.sleep(3_600_000);
  expect(clock.now()).toBe(3_601_000);
  await expect(clock.sleep(1, AbortSignal.abort())).rejects.toThrow(CancelledError);
});
