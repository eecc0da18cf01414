import { expect, test } from "vitest";
import { type Comparison, driftOf, foreignObjects, liveChanges } from "../../../src/domain/plan/live.ts";
import { immutableChanges } from "../../../src/domain/release/immutable.ts";
import { identityOf, type ManifestObject } from "../../../src/domain/release/manifest.ts";
import { deploymentOf, hookOf, manifest, serviceOf } from "../release/objects.ts";

const configMap = (data: object, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "c", ...more },
  data,
});

/** What a cluster keeps of an object: the same with what it adds by itself. */
function kept(document: object, change: object = {}): ManifestObject {
  const [object] = manifest({ ...document, ...change });
  if (object === undefined) throw new Error("there is one");
  const own = { uid: "1", resourceVersion: "7", generation: 3, managedFields: [], creationTimestamp: "now" };
  const metadata = { ...(object.body.metadata as object), ...own, namespace: "shop" };
  return { ...object, body: { ...object.body, metadata, status: { replicas: 1 } } };
}

function comparison(
  last: readonly object[],
  next: readonly object[],
  live: readonly ManifestObject[],
  more: Partial<Comparison> = {},
): Comparison {
  return {
    last: manifest(...last),
    next: manifest(...next),
    live: new Map(live.map((one) => [identityOf({ ...one, namespace: "" }), one.body])),
    unread: new Set(),
    hide: (text) => `#${text.length}`,
    ...more,
  };
}

const spec = { replicas: 2 };
const running = kept(deploymentOf("web"), {
  spec: {
    ...(deploymentOf("web", spec) as { spec: object }).spec,
    progressDeadlineSeconds: 600,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%" } },
  },
});

test("liveChanges() counts neither defaults nor what the cluster keeps in an object", () => {
  const charts = [deploymentOf("web", spec)];
  expect(liveChanges(comparison(charts, charts, [running]))).toEqual([]);
  expect(driftOf(comparison(charts, charts, [running]))).toEqual([]);
});

test.each([
  { chart: { cpu: 0.5 }, cluster: { cpu: "500m" } },
  { chart: { memory: "1024Mi" }, cluster: { memory: "1Gi" } },
  { chart: { port: 80, name: "" }, cluster: { port: 80 } },
  { chart: { enabled: "true", labels: {}, off: false }, cluster: { enabled: "true" } },
])("liveChanges() knows the cluster's spelling: $chart", ({ chart, cluster }) => {
  const one = configMap({ inner: chart });
  expect(
    liveChanges(comparison([one], [one], [kept(one, { data: { inner: { ...cluster, extra: 1 } } })])),
  ).toEqual([]);
});

test("liveChanges() does not tell what Helm itself writes into an object", () => {
  const chart = serviceOf("web", {});
  const written = {
    labels: { "app.kubernetes.io/managed-by": "Helm" },
    annotations: { "meta.helm.sh/release-name": "web" },
  };
  const live = kept(chart, { metadata: { name: "web", ...written } });
  const [service] = manifest(chart);
  const answered = new Map(service === undefined ? [] : [[identityOf(service), kept(chart).body]]);
  expect(liveChanges(comparison([chart], [chart], [live], { dryRun: answered }))).toEqual([]);
});

test("liveChanges() tells what changes in the cluster, not in the manifest, and driftOf() names why", () => {
  const was = deploymentOf("web", { replicas: 2 });
  const live = kept(was, { spec: { ...(was.spec as object), replicas: 5 } });
  const same = comparison([was], [was], [live]);
  expect(driftOf(same)).toEqual([
    {
      object: "Deployment web",
      isHook: false,
      change: "changed",
      fields: [{ path: "spec.replicas", before: "2", after: "5" }],
    },
  ]);
  expect(liveChanges(same)).toMatchObject([{ fields: [{ path: "spec.replicas", before: "5", after: "2" }] }]);
});

test("the count of what an autoscaler scales is neither drift nor change", () => {
  const was = deploymentOf("web", { replicas: 2 });
  const scaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
  };
  const live = [kept(was, { spec: { ...(was.spec as object), replicas: 5 } }), kept(scaler)];
  const scaled = comparison([was, scaler], [was, scaler], live);
  expect(driftOf(scaled)).toEqual([]);
  expect(liveChanges(scaled)).toEqual([]);
});

test("liveChanges() removes what the chart used to set, and leaves what others added", () => {
  const was = configMap({ a: "1", b: "2" });
  const now = configMap({ a: "1" });
  const live = kept(was, { data: { a: "1", b: "2", added: "by hand" } });
  expect(liveChanges(comparison([was], [now], [live]))).toMatchObject([
    { change: "changed", fields: [{ path: "data.b", before: "2" }] },
  ]);
  expect(driftOf(comparison([was], [now], [live]))).toEqual([]);
});

test("liveChanges() compares lists by the cluster's own keys", () => {
  const container = (image: string) => ({
    spec: { containers: [{ name: "web", image, ports: [{ containerPort: 80 }] }] },
  });
  const was = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, ...container("a") };
  const now = { ...was, ...container("b") };
  const live = kept(was, {
    spec: {
      containers: [
        { name: "mesh", image: "injected" },
        {
          name: "web",
          image: "a",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          imagePullPolicy: "Always",
        },
      ],
    },
  });
  expect(liveChanges(comparison([was], [now], [live]))).toMatchObject([
    { fields: [{ path: "spec.containers[web].image", before: "a", after: "b" }] },
  ]);
});

test("liveChanges() takes the cluster's own answer where there is one, with what only the manifests tell", () => {
  const was = configMap({ a: "1", old: "x" });
  const now = configMap({ a: "2" });
  const live = kept(was);
  const answer = kept(was, { data: { a: "2", old: "x", defaulted: "by a webhook" } });
  const asked = comparison([was], [now], [live], {
    dryRun: new Map([[identityOf(manifest(now)[0] as ManifestObject), answer.body]]),
  });
  expect(liveChanges(asked)[0]?.fields).toEqual([
    { path: "data.a", before: "1", after: "2" },
    { path: "data.defaulted", after: "by a webhook" },
    { path: "data.old", before: "x" },
  ]);
});

test("liveChanges() tells added and removed objects, hooks apart, and nothing of a kept one", () => {
  const keep = configMap({}, { name: "k", annotations: { "helm.sh/resource-policy": "keep" } });
  const gone = serviceOf("old", {});
  const objects = comparison(
    [keep, gone],
    [configMap({}), hookOf("migrate", "pre-upgrade")],
    [kept(keep), kept(gone)],
  );
  expect(liveChanges(objects).map(({ object, change, isHook }) => [object, change, isHook])).toEqual([
    ["ConfigMap c", "added", false],
    ["Job migrate", "added", true],
    ["Service old", "removed", false],
  ]);
});

test("liveChanges() shows Secrets as marks, texts and base64 alike", () => {
  const secret = (fields: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    ...fields,
  });
  const was = secret({ data: { password: btoa("old") } });
  const now = secret({ stringData: { password: "not old" } });
  const [change] = liveChanges(comparison([was], [now], [kept(was)]));
  expect(JSON.stringify(change)).not.toMatch(/old|b2xk|bm90/);
  expect(change?.fields).toEqual([{ path: "data.password", before: "#6", after: "#14" }]);
  const same = secret({ stringData: { password: "old" } });
  expect(liveChanges(comparison([was], [same], [kept(was)]))).toEqual([]);
});

test("driftOf() misses an object that somebody deleted", () => {
  const was = configMap({});
  expect(driftOf(comparison([was], [was], []))).toMatchObject([{ object: "ConfigMap c", change: "removed" }]);
});

test("what could not be read is compared with the last manifest alone", () => {
  const was = configMap({ a: "1" });
  const now = configMap({ a: "2" });
  const unread = new Set(manifest(was).map(identityOf));
  expect(liveChanges(comparison([was], [now], [], { unread }))).toMatchObject([{ change: "changed" }]);
  expect(driftOf(comparison([was], [now], [], { unread }))).toEqual([]);
});

test("foreignObjects() refuses what Helm would not take over", () => {
  const now = configMap({});
  const owned = (annotations: object) => [kept(now, { metadata: { name: "c", annotations } })];
  expect(foreignObjects(comparison([], [now], owned({})), "web")).toEqual([
    "ConfigMap c exists already and was not made by Helm: name it otherwise, or remove it first",
  ]);
  expect(
    foreignObjects(comparison([], [now], owned({ "meta.helm.sh/release-name": "other" })), "web")[0],
  ).toContain("belongs to release other");
  expect(foreignObjects(comparison([], [now], owned({ "meta.helm.sh/release-name": "web" })), "web")).toEqual(
    [],
  );
});

test("immutableChanges() against live objects lets the cluster's defaults pass and finds a moved field", () => {
  const set = (size: string, more: object = {}) => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db" },
    spec: {
      selector: { matchLabels: { a: "b" } },
      volumeClaimTemplates: [
        { metadata: { name: "data" }, spec: { resources: { requests: { storage: size } }, ...more } },
      ],
    },
  });
  const live = [kept(set("1Gi", { volumeMode: "Filesystem" }))];
  expect(immutableChanges(live, manifest(set("1024Mi")), manifest(set("1Gi")))).toEqual([]);
  expect(immutableChanges(live, manifest(set("2Gi")), manifest(set("1Gi")))).toEqual([
    expect.stringMatching(/^StatefulSet (shop\/)?db: spec\.volumeClaimTemplates cannot be changed/),
  ]);
});
