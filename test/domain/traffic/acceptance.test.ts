import { expect, test } from "vitest";
import { judgeAcceptance } from "../../../src/domain/traffic/acceptance.ts";

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly reason?: string;
  readonly observedGeneration?: number;
}

function parent(name: string, ...conditions: readonly Condition[]) {
  return {
    parentRef: { name, kind: "Gateway" },
    conditions: conditions.map((one) => ({
      status: "True",
      observedGeneration: 3,
      message: "said so",
      ...one,
    })),
  };
}

const good = [{ type: "Accepted" }, { type: "ResolvedRefs" }];

function route(parents: readonly unknown[], refs: readonly string[] = ["edge"]) {
  return {
    metadata: { generation: 3 },
    spec: { parentRefs: refs.map((name) => ({ name })) },
    status: { parents },
  };
}

test.each([
  { name: "one gateway", document: route([parent("edge", ...good)]) },
  {
    name: "two gateways",
    document: route([parent("edge", ...good), parent("inner", ...good)], ["edge", "inner"]),
  },
  {
    name: "a later generation",
    document: route([parent("edge", { type: "Accepted", observedGeneration: 4 }, { type: "ResolvedRefs" })]),
  },
])("judgeAcceptance() takes $name", ({ document }) => {
  expect(judgeAcceptance(document, { mayMissBackend: false })).toEqual({ kind: "accepted" });
});

test.each([
  { name: "a route nobody answered", document: route([]), says: "Gateway edge has said nothing" },
  {
    name: "a second gateway that is silent",
    document: route([parent("edge", ...good)], ["edge", "inner"]),
    says: "Gateway inner has said nothing",
  },
  { name: "a route without a gateway", document: route([], []), says: "the route names no gateway" },
  {
    name: "a condition that is missing",
    document: route([parent("edge", { type: "Accepted" })]),
    says: "Gateway edge has not set ResolvedRefs",
  },
  {
    name: "an answer to an older generation",
    document: route([parent("edge", { type: "Accepted", observedGeneration: 2 }, { type: "ResolvedRefs" })]),
    says: "has not seen generation 3 (Accepted)",
  },
  {
    name: "a refusal",
    document: route([
      parent(
        "edge",
        { type: "Accepted", status: "False", reason: "NoMatchingParent" },
        { type: "ResolvedRefs" },
      ),
    ]),
    says: "Gateway edge says Accepted is False: NoMatchingParent: said so",
  },
  {
    name: "a refusal by the second gateway",
    document: route([
      parent("edge", ...good),
      parent("inner", { type: "Accepted" }, { type: "ResolvedRefs", status: "False", reason: "InvalidKind" }),
    ]),
    says: "Gateway inner says ResolvedRefs is False",
  },
  {
    name: "a backend that is missing",
    document: route([
      parent(
        "edge",
        { type: "Accepted" },
        { type: "ResolvedRefs", status: "False", reason: "BackendNotFound" },
      ),
    ]),
    says: "BackendNotFound",
  },
])("judgeAcceptance() waits for $name", ({ document, says }) => {
  const judged = judgeAcceptance(document, { mayMissBackend: false });
  expect(judged.kind === "waiting" && judged.reason).toContain(says);
});

test.each([
  { reason: "BackendNotFound", kind: "accepted" },
  { reason: "RefNotPermitted", kind: "waiting" },
])("judgeAcceptance() at weight 0 takes $reason as $kind", ({ reason, kind }) => {
  const refs = { type: "ResolvedRefs", status: "False", reason };
  const document = route([parent("edge", { type: "Accepted" }, refs)]);
  expect(judgeAcceptance(document, { mayMissBackend: true }).kind).toBe(kind);
});
