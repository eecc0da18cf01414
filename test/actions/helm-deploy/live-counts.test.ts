import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type CountPlan, holdCounts, withLiveCounts } from "../../../src/actions/helm-deploy/live-counts.ts";
import type { PreparedChart, Rendered } from "../../../src/actions/helm-deploy/render.ts";
import type { Session } from "../../../src/actions/helm-deploy/session.ts";
import { mergeValues, type Values } from "../../../src/domain/release/image-values.ts";
import { manifestObjects, manifestText } from "../../../src/domain/release/manifest.ts";
import { sha256Of } from "../../../src/platform/chart.ts";
import { scaledCluster } from "../../platform/scaled-cluster.ts";

// Its values.yaml says "replicas: 2".
const chart = { chart: new URL("../../../examples/web/chart", import.meta.url).pathname } as PreparedChart;

type Template = (values: Values) => object;

const byValue: Template = ({ replicas = 2 }) => ({ replicas });
const hardCoded: Template = () => ({ replicas: 2 });
const unnamed: Template = () => ({});
// The number is also a fact about something else.
const entangled: Template = ({ replicas = 2 }) => ({ replicas, template: { quorum: replicas } });

const replicas = { "f:spec": { "f:replicas": {} } };
const byHelm = { manager: "helm", operation: "Apply", fieldsV1: replicas };
const helmElse = { manager: "helm", operation: "Apply", fieldsV1: {} };
const byScaler = { manager: "kube-controller-manager", operation: "Update", fieldsV1: replicas };
const byClient = { manager: "helm", operation: "Update", fieldsV1: replicas };

interface Given {
  readonly template: Template;
  readonly fields: readonly object[];
  readonly max?: number;
  readonly live?: number;
}

async function planFor({ template, fields, max = 10, live = 6 }: Given) {
  const scaled = { name: "web", replicas: live, ...(max === 0 ? {} : { max }) };
  const { kubectl, did } = scaledCluster([scaled], fields);
  const render = (values: Values) =>
    manifestObjects([
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: template(values) },
    ]);
  const objects = render({});
  const rendered: Rendered = {
    ...({} as Rendered),
    release: "web",
    objects,
    digest: sha256Of(manifestText(objects)),
    values: { files: [], digest: "" },
  };
  const helm = {
    template: async ({ valuesFiles }: { readonly valuesFiles: readonly string[] }) => {
      const values = await Promise.all(
        valuesFiles.map(async (file) => JSON.parse(await readFile(file, "utf8"))),
      );
      return JSON.stringify(render(values.reduce<Values>(mergeValues, {}))[0]?.body);
    },
  };
  const session = {
    cluster: { kubectl, helm },
    inputs: { namespace: "shop" },
    context: { runner: { env: {}, info: () => undefined } },
  } as unknown as Session;
  return withLiveCounts(session, { chart, rendered }, async (plan: CountPlan) => {
    await holdCounts(session, plan);
    const spec = plan.rendered.objects[0]?.body.spec as { replicas?: number };
    const { kept, sentences } = plan;
    return { count: spec.replicas, kept: kept.map(({ literal }) => literal), sentences, did };
  });
}

test("the value that names the count is set to the live one, and nothing else changes", async () => {
  const plan = await planFor({ template: byValue, fields: [helmElse, byScaler] });
  expect(plan).toMatchObject({ count: 6, kept: [6], did: [] });
  expect(plan.sentences).toEqual([
    "Deployment web keeps the 6 pods of its autoscaler: value replicas is set to 6, the chart says 2",
  ]);
});

test.each<{ name: string; given: Given; is: object }>([
  {
    name: "a number in the template is set back",
    given: { template: hardCoded, fields: [helmElse, byScaler] },
    is: { count: 2, kept: [2] },
  },
  {
    name: "a value that changes more than the count is left alone",
    given: { template: entangled, fields: [helmElse, byScaler] },
    is: { count: 2, kept: [2] },
  },
  {
    name: "Helm's own number is set back",
    given: { template: hardCoded, fields: [byHelm] },
    is: { count: 2, kept: [2] },
  },
  {
    name: "what the client applies is set back",
    given: { template: hardCoded, fields: [byClient] },
    is: { count: 2, kept: [2] },
  },
  {
    name: "a count that Helm alone holds is held before it is dropped",
    given: { template: unnamed, fields: [byHelm] },
    is: { kept: [], did: ["hold web 6"] },
  },
  {
    name: "a count that the autoscaler holds needs nothing",
    given: { template: unnamed, fields: [helmElse, byScaler] },
    is: { kept: [], sentences: [], did: [] },
  },
  {
    name: "a count that the client drops is set back",
    given: { template: unnamed, fields: [byClient] },
    is: { kept: [1], did: [] },
  },
  {
    name: "without an autoscaler the chart's number counts",
    given: { template: byValue, fields: [byHelm], max: 0 },
    is: { count: 2, kept: [], sentences: [] },
  },
  {
    name: "a workload that was scaled to nothing stays as the chart says",
    given: { template: byValue, fields: [byHelm], live: 0 },
    is: { count: 2, kept: [], sentences: [] },
  },
])("$name", async ({ given, is }) => {
  expect(await planFor(given)).toMatchObject(is);
});
