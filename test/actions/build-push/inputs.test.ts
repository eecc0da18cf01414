import { expect, test } from "vitest";
import { readInputs } from "../../../src/actions/build-push/inputs.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { fakeRunner } from "../../fakes/fake-runner.ts";

const image = "ghcr.io/acme/web";
const digest = `sha256:${"a".repeat(64)}`;

function read(given: Readonly<Record<string, string>>) {
  return readInputs(fakeRunner("build-push", given));
}

test("readInputs() takes a build by default and tagging with a digest", () => {
  expect(read({ image })).toMatchObject({ kind: "build", context: "." });
  const tagging = read({ image, digest, tags: "v1.2.3,latest\nv1.2.3", require: "security-scan" });
  expect(tagging).toMatchObject({ kind: "tag", tags: ["v1.2.3", "latest"], require: ["security-scan"] });
});

test.each<{ name: string; given: Record<string, string>; says: RegExp }>([
  { name: "no image", given: {}, says: /^Input "image" is required/ },
  {
    name: "an image with a tag",
    given: { image: `${image}:v1` },
    says: /^Input "image" must be a name without/,
  },
  {
    name: "an image with a digest",
    given: { image: `${image}@${digest}` },
    says: /^Input "image" must be a name without/,
  },
  {
    name: "a malformed image",
    given: { image: "ghcr.io/Acme/Web" },
    says: /^Input "image" must be an image/,
  },
  {
    name: "a malformed digest",
    given: { image, digest: "v1", tags: "v1" },
    says: /^Input "digest" must be sha256/,
  },
  {
    name: "a digest without tags",
    given: { image, digest },
    says: /^Input "tags" is required with "digest"/,
  },
  { name: "tags without a digest", given: { image, tags: "v1" }, says: /^Input "tags" needs "digest"/ },
  {
    name: "evidence without a digest",
    given: { image, evidence: "x" },
    says: /^Input "evidence" needs "digest"/,
  },
  {
    name: "require without a digest",
    given: { image, require: "x" },
    says: /^Input "require" needs "digest"/,
  },
  {
    name: "a tag that is too long",
    given: { image, digest, tags: "v".repeat(129) },
    says: /^Input "tags" must hold tags/,
  },
  { name: "a tag that begins wrongly", given: { image, digest, tags: "-v" }, says: /got "-v"$/ },
  {
    name: "a tag with the image's name",
    given: { image, digest, tags: `${image}:v1` },
    says: /"tags" must hold/,
  },
  {
    name: "build arguments with a digest",
    given: { image, digest, tags: "v1", "build-args": "A=b" },
    says: /^Input "build-args" must not be given with "digest"/,
  },
  {
    name: "a context with a digest",
    given: { image, digest, tags: "v1", context: "app" },
    says: /^Input "context" must not be given with "digest"/,
  },
  {
    name: "a build argument without a value",
    given: { image, "build-args": "VERSION" },
    says: /^Input "build-args" must hold lines KEY=value: got "VERSION"$/,
  },
  { name: "a build argument twice", given: { image, "build-args": "A=1\nA=2" }, says: /got "A" twice$/ },
  {
    name: "a malformed label",
    given: { image, labels: "=x" },
    says: /^Input "labels" must hold lines KEY=value/,
  },
  {
    name: "an empty secret",
    given: { image, secrets: "npm=" },
    says: /give each id a value: "npm" has none$/,
  },
  {
    name: "a user without a password",
    given: { image, "registry-username": "bob" },
    says: /"registry-password" is/,
  },
  {
    name: "a password without a user",
    given: { image, "registry-password": "x" },
    says: /"registry-username" is/,
  },
])("readInputs() refuses $name", ({ given, says }) => {
  expect(() => read(given)).toThrow(ConfigError);
  expect(() => read(given)).toThrow(says);
});

test("readInputs() does not show a line that may be a secret", () => {
  expect(() => read({ image, secrets: "s3cr3t-without-id" })).toThrow(
    /^(?!.*s3cr3t).*a line that is not shown, as it may be secret$/,
  );
});
