import { expect, test } from "vitest";
import { type SlotRequest, Slots } from "../../../src/rehearsal/runner/concurrency.ts";
import { runWorkflow, startWorkflow } from "../../../src/rehearsal/runner/run.ts";
import { jobOf, logOf, play, prepare, startUntil, stepsWorkflow } from "./playground.ts";

function request(holder: string, queue: "single" | "max", cancelled: string[] = []): SlotRequest {
  return { group: "g", holder, queue, cancelInProgress: false, cancel: () => cancelled.push(holder) };
}

async function orderOf(slots: Slots, requests: readonly SlotRequest[]): Promise<string[]> {
  const order: string[] = [];
  await Promise.all(
    requests.map(async (one) => {
      const release = await slots.acquire(one);
      order.push(release === undefined ? `${one.holder} cancelled` : one.holder);
      await Promise.resolve();
      release?.();
    }),
  );
  return order;
}

test("Slots keeps one waiting by default and cancels the older one", async () => {
  const cancelled: string[] = [];
  const order = await orderOf(
    new Slots(),
    ["a", "b", "c"].map((name) => request(name, "single", cancelled)),
  );
  expect(order.toSorted()).toEqual(["a", "b cancelled", "c"]);
  expect(cancelled).toEqual(["b"]);
});

test("Slots lets all wait in order with queue: max", async () => {
  const order = await orderOf(
    new Slots(),
    ["a", "b", "c", "d"].map((name) => request(name, "max")),
  );
  expect(order).toEqual(["a", "b", "c", "d"]);
});

test("Slots forgets who left the queue", async () => {
  const slots = new Slots();
  const release = await slots.acquire(request("a", "max"));
  const leaving = request("b", "max");
  const waiting = slots.acquire(leaving);
  slots.leave(leaving);
  expect(await waiting).toBeUndefined();
  release?.();
  expect(await slots.acquire(request("c", "max"))).toBeDefined();
});

const callee = (group: string) => `on: { workflow_call: { inputs: { env: { type: string } } } }
concurrency: { group: "${group}", queue: max }
jobs:
  inner:
    runs-on: x
    steps:
      - run: echo "in $\{{ inputs.env }}"; sleep 0.2; echo "out $\{{ inputs.env }}"
`;
const twice = (top: string) => `on: workflow_dispatch
${top}
jobs:
  a:
    uses: example/sluice/.github/workflows/x.yml@v1
    with: { env: a }
  b:
    uses: example/sluice/.github/workflows/x.yml@v1
    with: { env: b }
`;

test("runWorkflow() lets called workflows of one group run one after the other", async () => {
  const sluice = { ".github/workflows/x.yml": callee("one") };
  const { events } = await play({ app: { ".github/workflows/ci.yml": twice("") }, sluice });
  expect(logOf(events)).toBe("in a\nout a\nin b\nout b");
  expect(events.find((event) => event.kind === "job-waiting")).toMatchObject({
    job: "b",
    reason: "waits for concurrency group 'one'",
  });
});

test("runWorkflow() lets called workflows of two groups run side by side", async () => {
  const sluice = { ".github/workflows/x.yml": callee("sluice-${{ inputs.env }}") };
  const { events } = await play({ app: { ".github/workflows/ci.yml": twice("") }, sluice });
  expect(logOf(events).split("\n").slice(0, 2).toSorted()).toEqual(["in a", "in b"]);
});

test("runWorkflow() cancels a call whose group turns out to be held by its caller", async () => {
  const sluice = { ".github/workflows/x.yml": callee("deploy-${{ inputs.env }}") };
  const { result, events } = await play({
    app: { ".github/workflows/ci.yml": twice("concurrency: deploy-a") },
    sluice,
  });
  expect(jobOf(result, "a").result).toBe("cancelled");
  expect(jobOf(result, "a").annotations[0]?.message).toContain(
    "a deadlock for concurrency group 'deploy-a' was detected",
  );
  expect(logOf(events)).toBe("in b\nout b");
});

test("two runs of one group wait for each other, and the newer cancels the older when told to", async () => {
  const slots = new Slots();
  const workflow = (text: string) =>
    stepsWorkflow(text).replace("jobs:", "concurrency: { group: all, cancel-in-progress: true }\njobs:");
  const prepared = await prepare({
    app: { ".github/workflows/ci.yml": workflow("- run: echo up; exec sleep 60") },
    options: { slots },
  });
  const first = await startUntil(prepared, "up");
  const second = await startWorkflow({ ...prepared.options, slots });
  expect((await first.result).conclusion).toBe("cancelled");
  second.cancel("enough seen");
  expect((await second.result).conclusion).toBe("cancelled");
});

test("a run that is cancelled while it waits for its group ends as cancelled", async () => {
  const slots = new Slots();
  const release = await slots.acquire({ ...request("other", "max"), group: "all" });
  const text = stepsWorkflow("- run: true").replace(
    "jobs:",
    "concurrency: { group: ALL, queue: max }\njobs:",
  );
  const { options } = await prepare({ app: { ".github/workflows/ci.yml": text } });
  const controller = new AbortController();
  const onEvent = (event: { kind: string }) => event.kind === "job-waiting" && controller.abort();
  const result = await runWorkflow({ ...options, slots, onEvent, signal: controller.signal });
  expect([result.conclusion, result.jobs]).toEqual(["cancelled", []]);
  release?.();
});
