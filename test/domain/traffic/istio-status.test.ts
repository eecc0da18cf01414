import { expect, test } from "vitest";
import { judgeIstio } from "../../../src/domain/traffic/istio-patch.ts";

const seen = (generation: unknown, more: object = {}) => ({
  metadata: { generation: 3 },
  status: { observedGeneration: generation, ...more },
});

test.each([
  { name: "nothing where its status is off", object: { metadata: { generation: 3 } }, kind: "silent" },
  { name: "that it accepted this generation", object: seen(3), kind: "accepted" },
  { name: "so in a 64-bit number as text", object: seen("3"), kind: "accepted" },
  { name: "that it has not seen this generation", object: seen("2"), kind: "waiting" },
  {
    name: "that it finds an error",
    object: seen("3", {
      validationMessages: [{ level: "ERROR", type: { code: "IST0101", name: "ReferencedResourceNotFound" } }],
    }),
    kind: "seen",
  },
  {
    name: "that a warning does no harm",
    object: seen("3", { validationMessages: [{ level: "WARNING", type: { code: "IST0108" } }] }),
    kind: "accepted",
  },
  {
    name: "that proxies lag behind",
    object: seen("3", { conditions: [{ type: "Reconciled", status: "False", message: "1/2 proxies" }] }),
    kind: "seen",
  },
])("judgeIstio() hears $name", ({ object, kind }) => {
  expect(judgeIstio(object).kind).toBe(kind);
});
