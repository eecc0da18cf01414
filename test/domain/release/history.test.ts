import { expect, test } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { parseDigest } from "../../../src/domain/image/digest.ts";
import { parseReference } from "../../../src/domain/image/reference.ts";
import {
  deployedRevision,
  isPending,
  lastRevision,
  parseHistory,
  sinceUninstall,
} from "../../../src/domain/release/history.ts";
import { imageValues, mergeValues } from "../../../src/domain/release/image-values.ts";

// helm 4.2.4: helm history web -o json
const recorded = [
  {
    revision: 2,
    updated: "2026-11-22T04:21:15.123Z",
    status: "failed",
    chart: "web-1.0.0",
    app_version: "1.0.0",
    description: 'Upgrade "web" failed: context canceled',
  },
  {
    revision: 1,
    updated: "2026-11-22T04:20:51.123Z",
    status: "superseded",
    chart: "web-1.0.0",
    app_version: "1.0.0",
    description: "Install complete",
  },
  {
    revision: 3,
    updated: "2026-11-22T04:21:22.123Z",
    status: "deployed",
    chart: "web-1.0.0",
    app_version: "1.0.0",
    description: "Rollback to 1",
  },
];

test("parseHistory() orders revisions and keeps Helm's words", () => {
  expect(parseHistory(recorded).map(({ revision, status }) => [revision, status])).toEqual([
    [1, "superseded"],
    [2, "failed"],
    [3, "deployed"],
  ]);
  expect(parseHistory([{ revision: 1, status: "strange" }])[0]?.status).toBe("unknown");
});

test("deployedRevision() ignores failed attempts after it, and everything before an uninstall", () => {
  const history = parseHistory(recorded);
  const failed = { ...history[0], revision: 4, status: "failed" } as (typeof history)[number];
  const gone = { ...failed, revision: 5, status: "uninstalled" } as (typeof history)[number];
  expect(deployedRevision([...history, failed])?.revision).toBe(3);
  expect(lastRevision([...history, failed])?.revision).toBe(4);
  expect(deployedRevision([...history, gone])).toBeUndefined();
  expect(
    sinceUninstall([...history, gone, { ...failed, revision: 6 }]).map(({ revision }) => revision),
  ).toEqual([6]);
});

test.each(["pending-install", "pending-upgrade", "pending-rollback"] as const)(
  "isPending() sees Helm's lock in %s",
  (status) => {
    expect(isPending(parseHistory([{ revision: 1, status }])[0])).toBe(true);
    expect(isPending(parseHistory(recorded)[0])).toBe(false);
  },
);

const digest = parseDigest(`sha256:${"a".repeat(64)}`);
const reference = parseReference(`ghcr.io/acme/web@${digest}`);
const whole = `ghcr.io/acme/web@${digest}`;

test.each([
  {
    layout: "image.reference",
    defaults: { image: { reference: "", repository: "", digest: "" } },
    values: { image: { reference: whole } },
  },
  {
    layout: "image.repository and image.digest",
    defaults: { image: { repository: "x", digest: "" } },
    values: { image: { repository: "ghcr.io/acme/web", digest } },
  },
  { layout: "image as text", defaults: { image: "web:1" }, values: { image: whole } },
  {
    layout: "image.repository and image.tag",
    defaults: { image: { repository: "x", tag: "1" } },
    values: { image: { repository: "ghcr.io/acme/web@sha256", tag: "a".repeat(64) } },
  },
  {
    layout: "image.registry, repository and digest",
    defaults: { image: { registry: "docker.io", repository: "x", tag: "1", digest: "" } },
    values: { image: { registry: "ghcr.io", repository: "acme/web", digest } },
  },
  {
    layout: "global.image",
    defaults: { image: {}, global: { image: { repository: "x", tag: "" } } },
    values: { global: { image: { repository: "ghcr.io/acme/web@sha256", tag: "a".repeat(64) } } },
  },
  { layout: "imageRef", defaults: { imageRef: "" }, values: { imageRef: whole } },
])("imageValues() recognises $layout", ({ defaults, values }) => {
  expect(imageValues([{ reference, digest }], defaults)).toEqual(values);
});

test("imageValues() follows values paths, several of them", () => {
  const images = [
    { reference, digest, valuesPath: "api.image" },
    { reference, digest, valuesPath: "api.sidecar.image" },
  ];
  expect(imageValues(images, {})).toEqual({ api: { image: whole, sidecar: { image: whole } } });
});

test("imageValues() gives an image its mapping's layout at the path that it is mapped to", () => {
  const mapped = [{ reference, digest, valuesPath: "api.image" }];
  expect(imageValues(mapped, { api: { image: { repository: "x", digest: "" } } })).toEqual({
    api: { image: { repository: "ghcr.io/acme/web", digest } },
  });
});

test.each([
  { defaults: {}, says: "none looks like one" },
  { defaults: { image: { pullPolicy: "Always" } }, says: "none looks like one" },
  {
    defaults: { api: { image: { repository: "x", tag: "1" } }, worker: { sidecarImage: "y" } },
    says: "seen: api.image, worker.sidecarImage",
  },
])("imageValues() refuses a chart without an image in a common place: $says", ({ defaults, says }) => {
  expect(() => imageValues([{ reference, digest }], defaults)).toThrow(ConfigError);
  expect(() => imageValues([{ reference, digest }], defaults)).toThrow(says);
});

test("mergeValues() merges mappings and replaces the rest", () => {
  expect(mergeValues({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, d: { e: 2 } })).toEqual({
    a: { b: 1, c: [3] },
    d: { e: 2 },
  });
});
