import { afterEach, describe, expect, test } from "vitest";
import { ramp } from "../../../src/actions/canary-analyze/run.ts";
import { OutsideError } from "../../../src/core/errors.ts";
import { reasonsOf } from "../../../src/core/verdict.ts";
import { parseMetrics } from "../../../src/domain/canary/parse-metrics.ts";
import { type Fault, type StoreRule, simulateStore } from "./store-world.ts";
import { rampInputs } from "./world.ts";

const text = `
- name: error-rate
  errors: requests_total{ {{arm}}, status="500" }
  requests: requests_total{ {{arm}} }
  limit: 1%
`;
const inputs = rampInputs(text);
const fine = { errorRate: 0.002, slowRate: 0.005 };
const equal: StoreRule = { requestsPerSecond: 40, stable: fine, candidate: fine };
const json = { "content-type": "application/json" };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function rampOver(rule: StoreRule, isAligned = true, metrics = text) {
  const world = await simulateStore(rule);
  closing.push(world.close);
  const remarks: string[] = [];
  const source = isAligned ? world.metrics : world.plain;
  const ports = { ...world, metrics: source, remark: (sentence: string) => remarks.push(sentence) };
  const read = parseMetrics({ input: "metrics", text: metrics }, inputs);
  const outcome = await ramp({ inputs, metrics: read, ports }, world.weights);
  return { world, outcome, remarks, reasons: reasonsOf(outcome.verdict).join("; ") };
}

const faults: readonly { name: string; fault: Fault; says: RegExp; limits?: Partial<StoreRule> }[] = [
  {
    name: "500s",
    fault: (response) => response.writeHead(500, json).end("oops"),
    says: /^Prometheus at \S+ answered 500$/,
  },
  {
    name: "JSON that is cut off",
    fault: (response, good) => response.writeHead(200, json).end(good.slice(0, good.length / 2)),
    says: /answered with JSON that is broken or cut off$/,
  },
  {
    name: "a connection that is cut off",
    fault: (response, good) => {
      response.writeHead(200, { ...json, "content-length": good.length });
      response.write(good.slice(0, 40), () => response.destroy());
    },
    says: /^GET \S+\/api\/v1\/query got no answer: /,
    limits: { budgetMs: 300 },
  },
  {
    name: "a stall before the answer",
    fault: () => undefined,
    says: /got no answer: the time for it was over$/,
    limits: { budgetMs: 200 },
  },
  {
    name: "a stall within the answer",
    fault: (response, good) => {
      response.writeHead(200, json).write(good.slice(0, 40));
    },
    says: /got no answer: the time for it was over$/,
    limits: { budgetMs: 200 },
  },
  {
    name: "another content type",
    fault: (response, good) => response.writeHead(200, { "content-type": "text/plain" }).end(good),
    says: /answered with text\/plain, not JSON$/,
  },
  {
    name: "a login page",
    fault: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<form>"),
    says: /answered with text\/html, not JSON$/,
  },
  {
    name: "a redirect to a login page",
    fault: (response) => response.writeHead(302, { location: "https://login.example.com/?secret=1" }).end(),
    says: /answered 302 and sends to https:\/\/login.example.com\/: is it behind a login page$/,
  },
  {
    name: "an answer that is too large",
    fault: (response) => response.writeHead(200, json).end(" ".repeat(200_000)),
    says: /answered more than 100000 bytes$/,
    limits: { maxBytes: 100_000 },
  },
  {
    name: "an answer in part, of Thanos",
    fault: (response, good) => {
      const whole: Readonly<Record<string, unknown>> = JSON.parse(good);
      response.writeHead(200, json).end(JSON.stringify({ ...whole, warnings: ["receive series: no store"] }));
    },
    says: /in part only: receive series: no store$/,
  },
  {
    name: "an answer in part, of VictoriaMetrics",
    fault: (response) =>
      response
        .writeHead(200, json)
        .end('{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}'),
    says: /answered requests_total\{ track="\w+"(, status="500")? \} in part only$/,
  },
];

describe.each(faults)("a store with $name", ({ fault, says, limits = {} }) => {
  test("is refused before the first weight is set", async () => {
    const error: unknown = await rampOver({ ...equal, ...limits, fault }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OutsideError);
    expect((error as OutsideError).message).toMatch(says);
  });

  test("ends the ramp inconclusive and red at the third look, with weight 0", async () => {
    const { world, outcome, reasons } = await rampOver({ ...equal, ...limits, fault, faultFrom: 60 });
    expect(outcome).toMatchObject({ verdict: { kind: "inconclusive" }, isBroken: true, weight: 0 });
    expect(reasons).toMatch(says);
    expect(outcome.watch.looks.filter(({ problem }) => problem !== undefined)).toHaveLength(3);
    expect(world.weight()).toBe(0);
  });
});

test("a fault of two looks is borne, kept with its look, and loses no count", async () => {
  const fault: Fault = (response) => response.writeHead(500, json).end();
  const { outcome } = await rampOver({ ...equal, fault, faultFrom: 50, faultTo: 80 });
  const unbroken = await rampOver(equal);
  expect(outcome.verdict.kind).toBe("pass");
  const problems = outcome.watch.looks.flatMap(({ problem }) => problem ?? []);
  expect(problems.length).toBeGreaterThanOrEqual(1);
  expect(problems[0]).toMatch(/answered 500$/);
  const counts = (of: typeof outcome) => of.watch.judgements()[0]?.counts;
  expect(counts(outcome)).toEqual(counts(unbroken.outcome));
});

describe("a store whose clock is another", () => {
  test.each([42_000, -95_000])("by %d ms is counted as one whose clock is the same", async (aheadMs) => {
    const same = await rampOver(equal);
    const other = await rampOver({ ...equal, aheadMs });
    expect(other.outcome.verdict.kind).toBe("pass");
    expect(other.remarks).toEqual([
      expect.stringMatching(
        aheadMs > 0
          ? /^The clock of Prometheus is 4[12]\.\d s ahead of the runner's: windows end in its time$/
          : /^The clock of Prometheus is 9[45]\.\d s behind the runner's: windows end in its time$/,
      ),
    ]);
    const requests = ({ outcome }: typeof same) => outcome.steps.map((step) => step.requests);
    // The measured difference is right to a few milliseconds, and scrapes are 15 s apart.
    expect(requests(other)).toEqual(requests(same));
    expect(same.remarks).toEqual([]);
  });

  test("would be counted wrongly, were its time taken for ours", async () => {
    const same = await rampOver(equal);
    const taken = await rampOver({ ...equal, aheadMs: 42_000 }, false).catch(() => undefined);
    expect(taken?.outcome.steps.map((step) => step.requests)).not.toEqual(
      same.outcome.steps.map((step) => step.requests),
    );
  });
});

test("what the store remarks on a query is kept, and nothing else comes of it", async () => {
  const beside = { warnings: ["PromQL warning: mixed histograms"], infos: ["PromQL info: not a counter"] };
  const { outcome, world } = await rampOver({ ...equal, beside });
  expect(outcome.verdict.kind).toBe("pass");
  expect(world.metrics.remarks?.()).toEqual([
    "PromQL warning: mixed histograms",
    "PromQL info: not a counter",
  ]);
});
