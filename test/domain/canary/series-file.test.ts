import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { parseSeriesFile, spanOfFile } from "../../../src/domain/canary/series-file.ts";

const values = [
  [1_700_000_000, "7"],
  [1_700_000_015.5, "NaN"],
  [1_700_000_030, "+Inf"],
];
const one = { metric: { __name__: "up", job: "web" }, values };
const answer = (result: unknown) => ({ status: "success", data: { resultType: "matrix", result } });
const parse = (document: unknown) => parseSeriesFile("series", JSON.stringify(document));

const read = {
  labels: { __name__: "up", job: "web" },
  samples: [
    { ms: 1_700_000_000_000, value: 7 },
    { ms: 1_700_000_015_500, value: Number.NaN },
    { ms: 1_700_000_030_000, value: Number.POSITIVE_INFINITY },
  ],
};

describe("parseSeriesFile()", () => {
  test.each([
    { name: "a list of series", document: [one] },
    { name: "an answer of Prometheus", document: answer([one]) },
    { name: "the key series", document: { series: [one] } },
    { name: "an answer under the key series", document: { series: answer([one]) } },
    {
      name: "an answer with remarks on its query",
      document: { ...answer([one]), warnings: ["PromQL warning: mixed"], infos: ["PromQL info: x"] },
    },
  ])("reads $name", ({ document }) => {
    expect(parse(document).series).toEqual([read]);
  });

  test("reads answers to queries, whose white space does not matter", () => {
    const { series, queries } = parse({
      queries: { " sum( x )\n / y ": [{ metric: {}, values: [[1, 2]] }] },
    });
    expect(series).toEqual([]);
    expect(queries.get("sum( x ) / y")).toEqual([{ labels: {}, samples: [{ ms: 1000, value: 2 }] }]);
  });

  const sample = (pair: unknown) => [{ ...one, values: [pair] }];
  test.each([
    {
      name: "a scalar",
      document: 3,
      says: "the document must be a list of series, or an answer of Prometheus",
    },
    {
      name: "another mapping",
      document: { data: [] },
      says: "the document must be a list of series, or an answer",
    },
    { name: "an unknown key", document: { series: [], step: 1 }, says: 'has an unknown key "step"' },
    {
      name: "a refusal of Prometheus",
      document: { status: "error", error: "too many samples" },
      says: "must be an answer with success: got error: too many samples",
    },
    {
      name: "an answer in part",
      document: { ...answer([]), warnings: ["no store matched"] },
      says: "must be a whole answer: got one in part only: no store matched",
    },
    {
      name: "an answer in part of VictoriaMetrics",
      document: { ...answer([]), isPartial: true },
      says: "must be a whole answer: got one in part only",
    },
    {
      name: "a vector",
      document: { status: "success", data: { resultType: "vector", result: [] } },
      says: "must be an answer of type matrix: got vector",
    },
    {
      name: "series without labels",
      document: [{ values }],
      says: "series[0].metric must be a mapping of labels",
    },
    {
      name: "a label that is a number",
      document: [{ ...one, metric: { __name__: "up", shard: 3 } }],
      says: "series[0].metric.shard must be a text: got 3",
    },
    {
      name: "series without a name",
      document: answer([{ ...one, metric: { job: "web" } }]),
      says: "data.result[0].metric must have the name of its metric as __name__",
    },
    {
      name: "twins",
      document: [one, one],
      says: "series[1] must differ from series[0]: its labels are the same",
    },
    {
      name: "native histograms",
      document: [{ metric: one.metric, histograms: [] }],
      says: "series[0].values must be a list",
    },
    {
      name: "a sample of three",
      document: sample([1, "2", 3]),
      says: 'series[0].values[0] must be [seconds, "value"]: got [1,"2",3]',
    },
    {
      name: "a sample without time",
      document: sample(["1", "2"]),
      says: 'must be [seconds, "value"]: got ["1","2"]',
    },
    {
      name: "a value of words",
      document: sample([1, "many"]),
      says: 'must be [seconds, "value"]: got [1,"many"]',
    },
    { name: "an empty value", document: sample([1, ""]), says: 'must be [seconds, "value"]: got [1,""]' },
    {
      name: "time that runs backwards",
      document: [
        {
          ...one,
          values: [
            [2, "1"],
            [1, "1"],
          ],
        },
      ],
      says: "series[0].values[1] must be later than the one before it",
    },
    {
      name: "one time twice",
      document: {
        queries: {
          q: [
            {
              metric: {},
              values: [
                [2, "1"],
                [2, "1"],
              ],
            },
          ],
        },
      },
      says: 'queries["q"][0].values[1] must be later than the one before it',
    },
    {
      name: "queries that are a list",
      document: { queries: [] },
      says: "queries must be a mapping of queries",
    },
  ])("refuses $name", ({ document, says }) => {
    const parsing = () => parse(document);
    expect(parsing).toThrow(ConfigError);
    expect(parsing).toThrow(`Input "series" must follow its format: `);
    expect(parsing).toThrow(says);
  });

  test("refuses what is no JSON, such as a file that was cut off", () => {
    const parsing = () => parseSeriesFile("series", JSON.stringify([one]).slice(0, 60));
    expect(parsing).toThrow(ConfigError);
    expect(parsing).toThrow('Input "series" must name a JSON file: ');
  });
});

test("spanOfFile() is from the first sample to the last, of series and of answers", () => {
  const file = parse({ series: [one], queries: { q: [{ metric: {}, values: [[1_700_000_090, 1]] }] } });
  expect(spanOfFile(file)).toEqual({ firstMs: 1_700_000_000_000, lastMs: 1_700_000_090_000 });
  expect(spanOfFile(parse([{ ...one, values: [] }]))).toBeUndefined();
});
