import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readInputs } from "../../../src/actions/canary-analyze/inputs.ts";
import { evenDefaults } from "../../../src/actions/canary-analyze/ramp-inputs.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const digest = `sha256:${"a".repeat(64)}`;
const traffic = `
provider: gateway
route: {name: web}
stable: {service: web, port: 80}
candidate: {service: web-candidate, port: 80}
`;
const analyze = {
  mode: "analyze",
  metrics: "metrics.yaml",
  "prometheus-url": "http://prometheus:9090/",
  baseline: 'track="stable"',
  candidate: 'track="candidate", namespace="production"',
};
const ramp = { ...analyze, mode: "ramp", traffic, release: "web", namespace: "production", kubeconfig: "/k" };

const read = (given: Readonly<Record<string, string>>) => readInputs(fakeRunner("canary-analyze", given), {});

test("readInputs() takes a list of steps in place of equal ones", async () => {
  expect(await read({ ...ramp, steps: "5, 10%\n50@30m", "early-promotion": "true" })).toMatchObject({
    steps: [
      { weight: 5, holdMs: 900_000 },
      { weight: 10, holdMs: 900_000 },
      { weight: 50, holdMs: 1_800_000 },
    ],
    promotesEarly: true,
  });
});

test("the defaults that a list of steps stands in place of are those of action.yml", () => {
  const file = readFileSync(new URL("../../../actions/canary-analyze/action.yml", import.meta.url), "utf8");
  const declared = (parse(file) as { readonly inputs: Record<string, { readonly default?: string }> }).inputs;
  for (const [name, usual] of Object.entries(evenDefaults)) expect(declared[name]?.default).toBe(usual);
});

test("readInputs() takes the requirements' defaults", async () => {
  expect(await read(ramp)).toMatchObject({
    mode: "ramp",
    source: { kind: "prometheus", access: { url: "http://prometheus:9090" } },
    longestIntervalMs: 60_000,
    steps: [5, 15, 25, 35, 45, 55, 65, 75, 85, 95].map((weight) => ({ weight, holdMs: 900_000 })),
    promotesEarly: false,
    intervalMs: 15_000,
    confidence: 0.95,
    toleratedRatio: 1.2,
    unacceptableRatio: 2,
    release: "web",
    access: { kind: "kubeconfig", namespace: "production" },
    traffic: { provider: "gateway" },
    onInconclusive: "fail",
  });
  expect(await read(analyze)).toMatchObject({ mode: "analyze", durationMs: 900_000 });
});

test.each<{ name: string; given: Readonly<Record<string, string>>; says: string }>([
  {
    name: "another mode",
    given: { ...analyze, mode: "guess" },
    says: 'Input "mode" must be one of ramp, analyze',
  },
  {
    name: "steps beside a share that they stand in place of",
    given: { ...ramp, steps: "5, 10", "step-weight": "20" },
    says: 'Input "step-weight" must not be given beside steps, which say their own shares and times: got "20"',
  },
  {
    name: "steps beside a time that they stand in place of",
    given: { ...ramp, steps: "5, 10", "step-interval": "5m" },
    says: 'Input "step-interval" must not be given beside steps',
  },
  {
    name: "steps that fall",
    given: { ...ramp, steps: "10, 5" },
    says: 'Input "steps" must rise from step to step: got 5 after 10',
  },
  {
    name: "a step that is shorter than a look",
    given: { ...ramp, steps: "5@2s, 10" },
    says: 'Input "steps" must not be shorter than interval (15.0 s): got 2.0 s',
  },
  {
    name: "steps of which none is one",
    given: { ...ramp, steps: "," },
    says: 'Input "steps" must be a list of percentages: got nothing',
  },
  {
    name: "an early promotion that is neither",
    given: { ...ramp, "early-promotion": "maybe" },
    says: 'Input "early-promotion" must be true or false: got "maybe"',
  },
  { name: "no metrics", given: { ...analyze, metrics: "" }, says: 'Input "metrics" is required' },
  {
    name: "no Prometheus",
    given: { ...analyze, "prometheus-url": "" },
    says: 'Input "prometheus-url" or "series" is required: got neither',
  },
  {
    name: "a Prometheus that is no URL",
    given: { ...analyze, "prometheus-url": "prometheus:9090" },
    says: 'Input "prometheus-url" must be an http or https URL: got "prometheus:9090"',
  },
  {
    name: "credentials in the URL",
    given: { ...analyze, "prometheus-url": "http://user:hunter2@prometheus" },
    says: 'Input "prometheus-url" must not hold credentials',
  },
  {
    name: "a query in the URL",
    given: { ...analyze, "prometheus-url": "http://prometheus/?tenant=a" },
    says: 'Input "prometheus-url" must end with its path: got "?tenant=a" after it',
  },
  { name: "no baseline", given: { ...analyze, baseline: "" }, says: 'Input "baseline" is required' },
  {
    name: "matchers without quotes",
    given: { ...analyze, candidate: "track=candidate" },
    says: 'Input "candidate" must be label matchers such as track="stable": got "track=candidate"',
  },
  {
    name: "matchers that close the selector",
    given: { ...analyze, candidate: 'a="b"} or up{c="d"' },
    says: 'Input "candidate" must be label matchers',
  },
  {
    name: "one arm twice",
    given: { ...analyze, candidate: 'track="stable"' },
    says: 'Inputs "baseline" and "candidate" must differ: got track="stable" twice',
  },
  {
    name: "an interval of words",
    given: { ...analyze, interval: "soon" },
    says: 'Input "interval" must be a duration',
  },
  {
    name: "an interval too short",
    given: { ...analyze, interval: "10ms" },
    says: 'Input "interval" must be from 1s',
  },
  {
    name: "a duration below the interval",
    given: { ...analyze, duration: "5s" },
    says: 'Input "duration" must not be shorter than interval (15000 ms): got 5000 ms',
  },
  {
    name: "a step below the interval",
    given: { ...ramp, "step-interval": "5s" },
    says: 'Input "step-interval" must not be shorter than interval',
  },
  {
    name: "a start of 0",
    given: { ...ramp, "start-weight": "0" },
    says: 'Input "start-weight" must be a number from 1',
  },
  {
    name: "a start of 100",
    given: { ...ramp, "start-weight": "100" },
    says: 'Input "start-weight" must be a number',
  },
  {
    name: "a step of 2.5",
    given: { ...ramp, "step-weight": "2.5" },
    says: 'Input "step-weight" must be a whole',
  },
  {
    name: "no requests at all",
    given: { ...analyze, "minimum-requests": "0" },
    says: 'Input "minimum-requests" must be a number from 1',
  },
  {
    name: "confidence in percent",
    given: { ...analyze, confidence: "95" },
    says: 'Input "confidence" must be a number',
  },
  {
    name: "ratios in the wrong order",
    given: { ...analyze, "tolerated-ratio": "3" },
    says: 'Input "unacceptable-ratio" must be above tolerated-ratio (3): got "2"',
  },
  {
    name: "an image by tag",
    given: { ...analyze, image: "ghcr.io/acme/web:1" },
    says: 'Input "image" must name the image by digest',
  },
  {
    name: "evidence without an image",
    given: { ...analyze, evidence: "evidence.json" },
    says: 'Input "image" must be given by digest where evidence or require is',
  },
  {
    name: "another answer to gaps",
    given: { ...analyze, "on-inconclusive": "pass" },
    says: 'Input "on-inconclusive" must be one of fail, warn',
  },
  {
    name: "a ramp without traffic",
    given: { ...ramp, traffic: "" },
    says: 'Input "traffic" is required in mode ramp',
  },
  {
    name: "a traffic file that is not there",
    given: { ...ramp, traffic: "/nowhere/traffic.yaml" },
    says: 'Input "traffic" must be YAML or the path of a file',
  },
  { name: "a ramp without release", given: { ...ramp, release: "" }, says: 'Input "release" is required' },
  {
    name: "a ramp without namespace",
    given: { ...ramp, namespace: "" },
    says: 'Input "namespace" is required',
  },
  {
    name: "a ramp without a cluster",
    given: { ...ramp, kubeconfig: "" },
    says: 'Input "kubeconfig" or "server" is required: got neither',
  },
  {
    name: "an analysis with traffic",
    given: { ...analyze, traffic },
    says: 'Input "traffic" must be empty in mode analyze, which never touches a cluster',
  },
  {
    name: "an analysis with a cluster",
    given: { ...analyze, server: "https://cluster" },
    says: 'Input "server" must be empty in mode analyze',
  },
])("readInputs() refuses $name", async ({ given, says }) => {
  const error: unknown = await read(given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toContain(says);
});

test("readInputs() takes the digest from the image", async () => {
  const image = `ghcr.io/acme/web:1@${digest}`;
  expect(await read({ ...analyze, image })).toMatchObject({ image, digest });
});
