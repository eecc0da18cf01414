import { expect, test } from "vitest";
import { seeCount, startCount } from "../../../src/domain/capacity/kept-count.ts";

function restored(literal: number, count: number, seen: readonly number[]): readonly (number | undefined)[] {
  let memory = startCount({ kind: "Deployment", name: "web", literal, count });
  return seen.map((one) => {
    const result = seeCount(memory, one);
    memory = result.memory;
    return result.restore;
  });
}

test.each([
  { name: "the manifest's number is undone", literal: 2, count: 6, seen: [6, 2], is: [undefined, 6] },
  {
    name: "what the autoscaler made of it since counts",
    literal: 2,
    count: 6,
    seen: [8, 2],
    is: [undefined, 8],
  },
  {
    name: "only once: the next one is the autoscaler's",
    literal: 2,
    count: 6,
    seen: [2, 6, 2],
    is: [6, undefined, undefined],
  },
  { name: "another number is the autoscaler's", literal: 2, count: 6, seen: [4], is: [undefined] },
  { name: "a larger number is left", literal: 9, count: 6, seen: [9], is: [undefined] },
])("seeCount() $name", ({ literal, count, seen, is }) => {
  expect(restored(literal, count, seen)).toEqual(is);
});
