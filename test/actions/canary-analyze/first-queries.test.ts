import { afterEach, expect, test } from "vitest";
import { ramp } from "../../../src/actions/canary-analyze/run.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { type StoreRule, simulateStore } from "./store-world.ts";
import { rampInputs } from "./world.ts";

const fine = { errorRate: 0.002, slowRate: 0.005 };
const names = ["requests_total", "duration_bucket", "request_errors_total"];
const labelSets = [
  { __name__: "requests_total", track: "stable", status: "200" },
  { __name__: "requests_total", track: "candidate", status: "200" },
];
const told: StoreRule = { requestsPerSecond: 40, stable: fine, candidate: fine, known: { names, labelSets } };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function begin(metrics: string, rule: StoreRule = told) {
  const world = await simulateStore(rule);
  closing.push(world.close);
  const inputs = rampInputs(metrics);
  const remarks: string[] = [];
  const ports = { ...world, remark: (sentence: string) => remarks.push(sentence) };
  const read = parseMetrics({ input: "metrics", text: metrics }, inputs);
  const failure = await ramp({ inputs, metrics: read, ports }, world.weights).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { failure, remarks, events: world.events, said: world.said };
}

const errors = (bad: string, all: string) =>
  `- {name: error-rate, errors: '${bad}', requests: '${all}', limit: 1%}`;
const rightErrors = 'requests_total{ {{arm}}, status="500" }';
const rightRequests = "requests_total{ {{arm}} }";
const { known: _untold, ...silent } = told;

test.each<{ name: string; metrics: string; rule?: StoreRule; says: string }>([
  {
    name: "a metric that is not stored, with one that is",
    metrics: errors(rightErrors, "nothing_requests_total{ {{arm}} }"),
    says: 'nothing_requests_total{ track="stable" } of "error-rate" has no sample in the last 5 min: no metric of this name is stored, did you mean "requests_total"',
  },
  {
    name: "a metric that is not stored, where the store does not tell",
    metrics: errors(rightErrors, "nothing_requests_total{ {{arm}} }"),
    rule: silent,
    says: 'nothing_requests_total{ track="stable" } of "error-rate" has no sample in the last 5 min',
  },
  {
    name: "every query that finds nothing, not the first alone",
    metrics: `${errors(rightErrors, "nothing_a{ {{arm}} }")}\n- {name: latency, buckets: 'nothing_b{ {{arm}} }', limit: p95 500ms}`,
    says: 'of "error-rate" has no sample in the last 5 min: no metric of this name is stored; nothing_b{ track="stable" } of "latency" has no bucket le="+Inf" with a sample in the last 5 min: no metric',
  },
  {
    name: "buckets that are none",
    metrics: "- {name: latency, buckets: 'requests_total{ {{arm}} }', limit: p95 500ms}",
    says: 'requests_total{ track="stable" } of "latency" has no bucket le="+Inf" with a sample in the last 5 min: no series of it has the label le, the labels are track, status',
  },
  {
    name: "an errors query whose name is a slip",
    metrics: errors('nothing_requests_totl{ {{arm}}, status="500" }', rightRequests),
    rule: { ...told, known: { names: [...names, "nothing_requests_total"], labelSets } },
    says: 'Input "metrics" must name counters: nothing_requests_totl{ track="stable", status="500" } of "error-rate": no metric of this name is stored, did you mean "nothing_requests_total"',
  },
])("ramp() names $name before the first weight is set", async ({ metrics, rule, says }) => {
  const { failure, events } = await begin(metrics, rule);
  expect(failure).toBeInstanceOf(ConfigError);
  expect((failure as ConfigError).message).toContain(says);
  expect(events).toEqual([]);
});

test.each([
  {
    name: "a label that no series has",
    metrics: errors('nothing{ {{arm}}, statuss="500" }', rightRequests),
    rule: { ...told, known: { names: [...names, "nothing"], labelSets } },
    remark:
      'nothing{ track="stable", statuss="500" } of "error-rate" has never counted an error: no series of it has the label statuss, did you mean status',
  },
  {
    name: "a counter of errors that does not exist yet",
    metrics: errors("nothing_but_failures{ {{arm}} }", rightRequests),
    rule: told,
    remark:
      'nothing_but_failures{ track="stable" } of "error-rate" has never counted an error: no metric of this name is stored',
  },
])("ramp() remarks on $name, and goes on", async ({ metrics, rule, remark }) => {
  const { failure, remarks, events } = await begin(metrics, rule);
  expect(failure).toBeUndefined();
  expect(remarks).toEqual([remark]);
  expect(events[0]).toBe("raise 5");
});

test("ramp() has nothing to remark on queries that find something, and asks for nothing else", async () => {
  const { failure, remarks, events } = await begin(errors(rightErrors, rightRequests));
  expect(failure).toBeUndefined();
  expect(remarks).toEqual([]);
  expect(events[0]).toBe("raise 5");
});

test("ramp() says in its log alone that no series has the label of an error: a good version looks like that", async () => {
  const known = { names: [...names, "nothing"], labelSets };
  const { failure, remarks, said } = await begin(errors('nothing{ {{arm}}, status="500" }', rightRequests), {
    ...told,
    known,
  });
  expect(failure).toBeUndefined();
  expect(remarks).toEqual([]);
  expect(said).toContain(
    'nothing{ track="stable", status="500" } of "error-rate" has never counted an error: no series has status="500": status is "200"',
  );
});
