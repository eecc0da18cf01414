import { expect, test } from "vitest";
import { byDigest, parseReference } from "../../../src/domain/image/reference.ts";

const digest = `sha256:${"0".repeat(64)}`;

test.each([
  { text: "ghcr.io/acme/web", registry: "ghcr.io", repository: "acme/web" },
  { text: "127.0.0.1:5000/acme/web:v1", registry: "127.0.0.1:5000", repository: "acme/web", tag: "v1" },
  { text: `localhost/web@${digest}`, registry: "localhost", repository: "web", digest },
  { text: "node:24-slim", registry: "docker.io", repository: "library/node", tag: "24-slim" },
  { text: "acme/web", registry: "docker.io", repository: "acme/web" },
])("parseReference() takes $text apart", ({ text, ...parts }) => {
  expect(parseReference(text)).toEqual(parts);
});

test.each([
  "",
  "ghcr.io/Acme/web",
  "ghcr.io/acme/web:",
  "ghcr.io/acme/web:-v1",
  `ghcr.io/acme/web:${"a".repeat(129)}`,
  "ghcr.io/acme//web",
  "ghcr.io/acme/web@sha256:12",
  `ghcr.io/acme/web@${digest}@${digest}`,
])("parseReference() refuses %j", (text) => {
  expect(() => parseReference(text, "image")).toThrow();
});

test("byDigest() drops the tag", () => {
  const reference = parseReference(`ghcr.io/acme/web:v1@${digest}`);
  if (reference.digest === undefined) throw new Error("no digest");
  expect(byDigest(reference, reference.digest)).toBe(`ghcr.io/acme/web@${digest}`);
});
