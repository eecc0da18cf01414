import { expect, test } from "vitest";
import {
  actionTable,
  fillBetween,
  inputTable,
  outputTable,
  parseAction,
} from "../../src/tools/action-tables.ts";

const action = parseAction(`
name: One
description: Does one thing
inputs:
  image:
    description: An image, a|b
    required: true
  tries:
    description: |
      How often
      it tries
    default: 3
  token:
    description: A token
    default: ""
outputs:
  verdict:
    description: The answer
`);

test("inputTable() shows what is required, what the default is, and escapes bars", () => {
  expect(inputTable(action).split("\n")).toEqual([
    "| input | meaning | default |",
    "| --- | --- | --- |",
    "| `image` | An image, a\\|b | required |",
    "| `tries` | How often it tries | `3` |",
    "| `token` | A token |  |",
  ]);
});

test("outputTable() and actionTable() have a row for each", () => {
  expect(outputTable(action)).toContain("| `verdict` | The answer |");
  expect(actionTable(new Map([["one", action]]))).toContain(
    "| [one](actions/one/README.md) | Does one thing |",
  );
});

test("fillBetween() replaces what stands between the markers and is content with its own work", () => {
  const filled = fillBetween("a\n<!-- inputs -->\nold\n<!-- /inputs -->\nb", "inputs", "new");
  expect(filled).toBe("a\n<!-- inputs -->\nnew\n<!-- /inputs -->\nb");
  expect(fillBetween(filled ?? "", "inputs", "new")).toBe(filled);
});

test.each(["nothing", "<!-- inputs -->", "<!-- /inputs -->\n<!-- inputs -->"])(
  "fillBetween() does not guess where a marker is missing: %s",
  (text) => {
    expect(fillBetween(text, "inputs", "new")).toBeUndefined();
  },
);
