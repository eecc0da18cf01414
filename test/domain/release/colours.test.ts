import { expect, test } from "vitest";
import {
  colourOfRelease,
  colourRelease,
  colours,
  liveColour,
  otherColour,
  weightFor,
} from "../../../src/domain/release/colours.ts";

test("a colour's release is found back from its name, and no other release is one", () => {
  for (const colour of colours) expect(colourOfRelease("web", colourRelease("web", colour))).toBe(colour);
  expect(colourOfRelease("web", "web")).toBeUndefined();
  expect(colourOfRelease("web", "shop-blue")).toBeUndefined();
});

test("the front's weight tells the colour that serves, and nothing where both do", () => {
  for (const colour of colours) expect(liveColour(weightFor(colour))).toBe(colour);
  expect(liveColour(50)).toBeUndefined();
  expect(otherColour("blue")).toBe("green");
  expect(otherColour("green")).toBe("blue");
});
