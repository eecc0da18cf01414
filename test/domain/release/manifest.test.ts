import { expect, test } from "vitest";
import { candidateConflicts } from "../../../src/domain/release/candidate-conflicts.ts";
import { diffManifests } from "../../../src/domain/release/diff.ts";
import { diffText } from "../../../src/domain/release/diff-text.ts";
import { immutableChanges } from "../../../src/domain/release/immutable.ts";
import { imagesOf, manifestText } from "../../../src/domain/release/manifest.ts";
import { notRolledBack } from "../../../src/domain/release/not-rolled-back.ts";
import { deploymentOf, hookOf, manifest, serviceOf } from "./objects.ts";

const hide = (text: string) => `hidden ${text.length}`;

test("imagesOf() names every image once, hooks and init containers included", () => {
  const init = {
    template: { spec: { initContainers: [{ image: "r/init" }], containers: [{ image: "r/a" }] } },
  };
  const cron = {
    kind: "CronJob",
    metadata: { name: "c" },
    spec: { jobTemplate: { spec: { template: { spec: { containers: [{ image: "r/a" }] } } } } },
  };
  const objects = manifest(deploymentOf("web", init), cron, hookOf("migrate", "pre-upgrade"));
  expect(imagesOf(objects)).toEqual(["r/a", "r/init", "r/migrate@sha256:2"]);
});

test("manifestObjects() leaves out test hooks, which a deploy never runs", () => {
  expect(
    manifest(hookOf("check", "test"), hookOf("migrate", "pre-upgrade,pre-install")).map(({ name }) => name),
  ).toEqual(["migrate"]);
});

test("manifestText() does not depend on the order of documents and keys, but on every value", () => {
  const one = manifest(serviceOf("web", { a: "1", b: "2" }), deploymentOf("web"));
  const same = manifest(deploymentOf("web"), serviceOf("web", { b: "2", a: "1" }));
  const other = manifest(deploymentOf("web"), serviceOf("web", { b: "2", a: "3" }));
  expect(manifestText(one)).toBe(manifestText(same));
  expect(manifestText(one)).not.toBe(manifestText(other));
});

test("diffManifests() names the fields, lists by name, hooks apart", () => {
  const env = (value: string, ...more: readonly object[]) => ({
    template: { spec: { containers: [{ name: "web", env: [...more, { name: "A", value }] }] } },
  });
  const before = manifest(
    deploymentOf("web", env("1")),
    hookOf("migrate", "pre-upgrade"),
    serviceOf("gone", { a: "1" }),
  );
  const after = manifest(
    deploymentOf("web", env("2", { name: "B", value: "new" })),
    hookOf("seed", "post-upgrade"),
  );
  expect(diffText(diffManifests(before, after, hide))).toBe(
    [
      "~ Deployment web",
      "-   spec.template.spec.containers[web].env[A].value: 1",
      "+   spec.template.spec.containers[web].env[A].value: 2",
      '+   spec.template.spec.containers[web].env[B]: {"name":"B","value":"new"}',
      "- Service gone",
      "hooks:",
      "+ Job seed",
      "- Job migrate",
    ].join("\n"),
  );
});

test("diffManifests() never shows a value of a Secret, and still sees that it changed", () => {
  const secret = (data: object, stringData = {}) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data,
    stringData,
  });
  const text = diffText(
    diffManifests(
      manifest(secret({ key: "b2xk" })),
      manifest(secret({ key: "bmV3ZXI=" }, { open: "plain" })),
      hide,
    ),
  );
  expect(text).not.toMatch(/b2xk|bmV3ZXI|plain/);
  expect(text).toContain("data.key");
  expect(text).toContain("stringData.open");
});

test("diffText() says when nothing changes", () => {
  expect(diffText(diffManifests(manifest(deploymentOf("web")), manifest(deploymentOf("web")), hide))).toBe(
    "nothing changes\n",
  );
});

test.each([
  {
    name: "a Deployment's selector",
    before: deploymentOf("web", {}, { app: "web" }),
    after: deploymentOf("web", {}, { app: "other" }),
    says: /^Deployment web: spec\.selector cannot be changed/,
  },
  {
    name: "a StatefulSet's volume claims",
    before: {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: { volumeClaimTemplates: [{ metadata: { name: "a" } }] },
    },
    after: {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: { volumeClaimTemplates: [{ metadata: { name: "b" } }] },
    },
    says: /^StatefulSet db: spec\.volumeClaimTemplates cannot be changed/,
  },
  {
    name: "the data of an immutable ConfigMap",
    before: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c" },
      immutable: true,
      data: { a: "1" },
    },
    after: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c" },
      immutable: true,
      data: { a: "2" },
    },
    says: /^ConfigMap c: it is marked immutable/,
  },
])("immutableChanges() refuses $name", ({ before, after, says }) => {
  expect(immutableChanges(manifest(before), manifest(after))).toEqual([expect.stringMatching(says)]);
});

test("immutableChanges() lets pass what may change, what is new and what is left out", () => {
  const service = (clusterIP?: string) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { clusterIP },
  });
  expect(
    immutableChanges(
      manifest(deploymentOf("web", { replicas: 1 }), service("10.0.0.1")),
      manifest(deploymentOf("web", { replicas: 2 }), service(), deploymentOf("new")),
    ),
  ).toEqual([]);
});

test("candidateConflicts() finds shared names and Services that select the other's pods", () => {
  const stable = manifest(
    deploymentOf("web", {}, { app: "web", track: "stable" }),
    serviceOf("web", { app: "web" }),
  );
  const candidate = manifest(
    deploymentOf("web-candidate", {}, { app: "web", track: "candidate" }),
    serviceOf("web", { app: "web", track: "candidate" }),
  );
  expect(candidateConflicts(stable, candidate)).toEqual([
    "Service web has the same name in the candidate's release: name it after the release",
    "Service web also selects the candidate's pods: its selector must differ per release",
  ]);
});

test("candidateConflicts() lets two releases pass that know their own", () => {
  const release = (name: string) =>
    manifest(deploymentOf(name, {}, { instance: name }), serviceOf(name, { instance: name }));
  expect(candidateConflicts(release("web"), release("web-candidate"))).toEqual([]);
});

test("notRolledBack() tells migrations, volumes and kept objects", () => {
  const kept = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "k", annotations: { "helm.sh/resource-policy": "keep" } },
  };
  const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" } };
  const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "database", key: "url" } } }];
  const reader = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ env }] } };
  expect(
    notRolledBack(manifest(deploymentOf("web"), hookOf("migrate", "pre-upgrade"), kept, claim, reader)),
  ).toEqual([
    "what hook Job migrate does, such as a migration of data",
    "the data in the volumes of PersistentVolumeClaim data",
    "ConfigMap k: its chart says keep",
    "Secret database, which pods read and the chart does not make",
  ]);
});
