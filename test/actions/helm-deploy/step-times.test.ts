import { expect, test } from "vitest";
import { noteStep } from "../../../src/actions/helm-deploy/step-times.ts";
import { pass } from "../../../src/core/verdict.ts";
import { fakeSession } from "./fake-session.ts";
import { servedState } from "./states.ts";

const id = servedState.records[0]?.id ?? "";
const outcome = { verdict: pass, outputs: { record: id } };

test("each phase adds its time to the record of the attempt", async () => {
  const { session, state } = await fakeSession({}, { state: servedState });
  await noteStep(session, outcome, -1500);
  await noteStep({ ...session, inputs: { ...session.inputs, phase: "promote" } }, outcome, -200);
  expect(state().records[0]?.steps).toEqual([
    { name: "deploy", seconds: 1.5 },
    { name: "promote", seconds: 0.2 },
  ]);
});

test("a plan, and a refusal that opened no record, add nothing", async () => {
  const { session, state } = await fakeSession({}, { state: servedState });
  await noteStep({ ...session, inputs: { ...session.inputs, phase: "plan" } }, outcome, 0);
  await noteStep(session, { verdict: pass, outputs: { record: "" } }, 0);
  await noteStep(session, { verdict: pass }, 0);
  expect(state()).toEqual(servedState);
});

test("a cluster that does not take the time warns and does not turn the deploy red", async () => {
  const { session, runner } = await fakeSession({}, { state: servedState });
  const update = () => Promise.reject(new Error("the API server is away"));
  await noteStep({ ...session, store: { ...session.store, update } }, outcome, 0);
  expect(JSON.stringify(runner)).toContain("the API server is away");
});
