import { expect, test } from "vitest";
import {
  compareDefinitions,
  definitionRefusals,
  definitionWarnings,
  kindsOf,
} from "../../../src/domain/release/definitions.ts";
import { judgeLooseImages, looseImages } from "../../../src/domain/release/loose-images.ts";
import {
  isForbidden,
  isUnaskable,
  refusalSentences,
  unknownKinds,
} from "../../../src/domain/release/refusals.ts";
import { unstableFields } from "../../../src/domain/release/unstable.ts";
import { manifest } from "./objects.ts";

// Each as kubectl 1.34 said it.
test.each([
  {
    text: 'The Deployment "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable\n',
    says: [
      "Deployment web: spec.selector cannot be changed (give the object a new name, or delete it before the deploy)",
    ],
  },
  {
    text: 'The Deployment "web" is invalid: \n* spec.replicas: Invalid value: -1: must be greater than or equal to 0\n* spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`\n',
    says: [
      "Deployment web: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      'Deployment web: spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
  },
  {
    text: 'Warning: old\nError from server (Forbidden): configmaps "one" is forbidden: User "ro" cannot patch resource "configmaps" in API group "" in the namespace "t"\n',
    says: [
      'configmaps "one" is forbidden: User "ro" cannot patch resource "configmaps" in API group "" in the namespace "t"',
    ],
  },
])("refusalSentences() of $says.0", ({ text, says }) => {
  expect(refusalSentences(text)).toEqual(says);
});

test("what cannot be asked is told from what is refused", () => {
  expect(unknownKinds('no matches for kind "Bar" in version "foo.example/v1"')).toEqual(["foo.example/Bar"]);
  expect(unknownKinds('no matches for kind "Bar" in version "v1"')).toEqual(["/Bar"]);
  expect(isForbidden('Error from server (Forbidden): pods "p" is forbidden: User "u" cannot patch')).toBe(
    true,
  );
  expect(isForbidden('Error from server (Forbidden): pods "p" is forbidden: exceeded quota: q')).toBe(false);
  expect(isUnaskable('admission webhook "a" does not support dry run')).toBe(true);
});

const definition = (versions: readonly string[], more: object = {}) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "bars.foo.example" },
  spec: {
    group: "foo.example",
    names: { kind: "Bar", plural: "bars" },
    versions: versions.map((name) => ({ name, served: true, storage: name === versions[0] })),
  },
  ...more,
});

test("compareDefinitions() tells new, changed and same, and refuses to lose a stored version", () => {
  const live = [definition(["v1", "v1beta1"], { status: { storedVersions: ["v1beta1", "v1"] } })];
  const kinds = (chart: object) => compareDefinitions([chart], live).map(({ change }) => change);
  expect(compareDefinitions([definition(["v1"])], [])).toMatchObject([{ change: "new", lost: [] }]);
  expect(kinds(definition(["v1", "v1beta1"]))).toEqual(["same"]);
  expect(kinds(definition(["v2", "v1", "v1beta1"]))).toEqual(["changed"]);
  const lost = compareDefinitions([definition(["v1"])], live);
  expect(lost).toMatchObject([{ change: "changed", lost: ["v1beta1"] }]);
  expect(definitionRefusals(lost)[0]).toContain("objects are stored in version v1beta1");
  const skip = { mode: "skip", isInstall: false } as const;
  expect(definitionWarnings(lost, skip)[0]).toContain("`crds: apply` applies it first");
  expect(
    definitionWarnings(compareDefinitions([definition(["v1"])], []), { ...skip, isInstall: true }),
  ).toEqual([]);
  expect([...kindsOf([definition(["v1"])])]).toEqual(["foo.example/Bar"]);
});

test("judgeLooseImages() refuses tags that move where somebody approves, and lets sidecars of a version be", () => {
  const loose = looseImages([
    "a/web@sha256:1",
    "envoy:v1.30.1",
    "busybox",
    "acme/api:main",
    "acme/api:0a1b2c3",
  ]);
  expect(loose.map(({ image }) => image)).toEqual([
    "envoy:v1.30.1",
    "busybox",
    "acme/api:main",
    "acme/api:0a1b2c3",
  ]);
  const judged = judgeLooseImages(loose, { isApproved: true, resolved: new Set(["busybox"]) });
  expect(judged.refused).toEqual([expect.stringContaining("acme/api:main is named by a tag that moves")]);
  expect(judged.warned).toHaveLength(2);
  expect(judgeLooseImages(loose, { isApproved: false, resolved: new Set() }).refused).toEqual([]);
});

test("unstableFields() names object and field of random values, and objects with random names", () => {
  const secret = (password: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { password, fixed: "x" },
  });
  const job = (name: string) => ({ apiVersion: "batch/v1", kind: "Job", metadata: { name } });
  expect(unstableFields(manifest(secret("a")), manifest(secret("a")))).toEqual([]);
  const found = unstableFields(manifest(secret("a"), job("m-1")), manifest(secret("b"), job("m-2")));
  expect(found[0]).toMatch(/^Secret s: data\.password is another each time/);
  expect(found[1]).toMatch(/^Job m-2 has another name each time/);
  expect(found.join()).not.toContain('"a"');
});
