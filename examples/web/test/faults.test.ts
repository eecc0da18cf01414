import assert from "node:assert/strict";
import { test } from "node:test";
import { noFaults, readFaults } from "../src/faults.ts";

test("nothing is wrong unless something says so", () => {
  assert.deepEqual(readFaults({}, undefined), noFaults);
});

test("faults of the environment count only where FAULT_ENVIRONMENT says", () => {
  const env = { FAULT_ERROR_RATE: "0.04", FAULT_ENVIRONMENT: "production" };
  assert.equal(readFaults({ ...env, ENVIRONMENT: "production" }, undefined).errorRate, 0.04);
  assert.equal(readFaults({ ...env, ENVIRONMENT: "staging" }, undefined).errorRate, 0);
});

test("faults of the image count only in the environment they name", () => {
  const file = JSON.stringify({ environment: "production", latencyFactor: 2 });
  assert.equal(readFaults({ ENVIRONMENT: "production" }, file).latencyFactor, 2);
  assert.equal(readFaults({ ENVIRONMENT: "staging" }, file).latencyFactor, 1);
});

test("the environment wins over the image", () => {
  const file = JSON.stringify({ neverReady: true, errorRate: 0.5 });
  const faults = readFaults({ FAULT_ERROR_RATE: "0" }, file);
  assert.equal(faults.errorRate, 0);
  assert.equal(faults.neverReady, true);
});

for (const [name, file] of [
  ["an unknown fault", '{"errorrate": 1}'],
  ["a value of a wrong kind", '{"errorRate": "1"}'],
  ["a negative number", '{"errorRate": -1}'],
  ["a list", "[]"],
  ["no JSON", "errorRate: 1"],
] as const) {
  test(`faults.json with ${name} is refused`, () => {
    assert.throws(() => readFaults({}, file));
  });
}
