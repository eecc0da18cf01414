import { expect, test } from "vitest";
import { parseTarget } from "../../../src/domain/rollback/handle.ts";
import { digestNumber } from "./records.ts";

test.each([
  { text: "last-good", kind: "last-good" },
  { text: "-1", kind: "back" },
  { text: "-12", kind: "back" },
  { text: "41", kind: "revision" },
  { text: digestNumber(1), kind: "digest" },
  { text: "1a2b3c4", kind: "commit" },
  { text: "1.4.2", kind: "version" },
  { text: "v1.4.2-rc.1", kind: "version" },
])("parseTarget() reads $text as $kind", ({ text, kind }) => {
  expect(parseTarget(text).kind).toBe(kind);
});

test.each([
  { text: "" },
  { text: "0" },
  { text: "-0" },
  { text: "-100" },
  { text: "latest" },
  { text: "sha256:12" },
  { text: "1;rm" },
])("parseTarget() refuses $text", ({ text }) => {
  expect(() => parseTarget(text)).toThrow(
    `Input "to" must be last-good, -1 or further back, a revision, a version, a commit or a digest: got "${text}"`,
  );
});
