import { expect, test } from "vitest";
import { readArguments } from "../../src/rehearsal/arguments.ts";

test.each([
  { name: "asks at a terminal", args: [], terminal: true, approve: "ask" },
  { name: "takes --yes without a terminal", args: ["--yes"], terminal: false, approve: "yes" },
  { name: "takes --approve no", args: ["--approve", "no"], terminal: false, approve: "no" },
  {
    name: "answers yes for a scenario without a terminal",
    args: ["--scenario", "good"],
    terminal: false,
    approve: "yes",
  },
])("readArguments() $name", ({ args, terminal, approve }) => {
  expect(readArguments(args, terminal)).toMatchObject({ kind: "rehearse", options: { approve } });
});

test("readArguments() splits scenarios and marks them as such", () => {
  const wish = readArguments(["--scenario", "good,rejected", "--keep", "--report", "out"], false);
  expect(wish).toMatchObject({
    scenarios: ["good", "rejected"],
    options: { isScenario: true, keep: true, report: "out" },
  });
});

test.each([
  { args: [], says: "npm run rehearse -- --yes" },
  { args: ["--approve", "maybe"], says: 'Option --approve must be yes or no: got "maybe"' },
  { args: ["--verbose"], says: "verbose" },
  { args: ["remove"], says: 'got "remove"' },
  { args: ["clean", "all"], says: 'got "clean all"' },
])("readArguments() without a terminal refuses $args", ({ args, says }) => {
  expect(() => readArguments(args, false)).toThrow(says);
});
