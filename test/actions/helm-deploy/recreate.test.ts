import { expect, test } from "vitest";
import { setRecreate } from "../../../src/actions/helm-deploy/recreate.ts";
import type { Session } from "../../../src/actions/helm-deploy/session.ts";
import { emptyState, type ReleaseState } from "../../../src/domain/record/state.ts";
import { manifestObjects } from "../../../src/domain/release/manifest.ts";
import { recordOf } from "./states.ts";

const rolling = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };
const kept = { "sluice/strategy-before": JSON.stringify(rolling) };

interface Live {
  readonly strategy?: object;
  readonly annotations?: object;
}

async function patched(
  strategy: string,
  live: Live | undefined,
  { chart = {}, state = recreated }: { readonly chart?: object; readonly state?: ReleaseState } = {},
): Promise<readonly unknown[]> {
  const patches: unknown[] = [];
  const session = {
    inputs: { strategy, namespace: "shop" },
    context: { runner: { info: () => undefined } },
    cluster: {
      kubectl: {
        get: async () =>
          live && { metadata: { annotations: live.annotations }, spec: { strategy: live.strategy } },
        patch: async (_kind: string, _name: string, _namespace: string, { patch }: { patch: unknown }) =>
          patches.push(patch),
      },
    },
  } as unknown as Session;
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: chart };
  await setRecreate(session, state, manifestObjects([deployment]));
  return patches;
}

const recreated = { ...emptyState, records: [recordOf("one", { strategy: "recreate" })] };

test("recreate nulls the block that forbids it, and remembers what was there", async () => {
  expect(await patched("recreate", { strategy: rolling }, { state: emptyState })).toEqual([
    {
      metadata: { annotations: kept },
      spec: { strategy: { type: "Recreate", rollingUpdate: null } },
    },
  ]);
});

test("recreate changes nothing where there is nothing yet, or it is recreated already", async () => {
  expect(await patched("recreate", undefined)).toEqual([]);
  expect(await patched("recreate", { strategy: { type: "Recreate" } })).toEqual([]);
});

test.each([
  { name: "gives back what was there", chart: {}, spec: { spec: { strategy: rolling } } },
  {
    name: "gives way to what the chart says",
    chart: { strategy: { type: "RollingUpdate" } },
    spec: { spec: { strategy: { type: "RollingUpdate" } } },
  },
  { name: "lets a chart that recreates go on", chart: { strategy: { type: "Recreate" } }, spec: {} },
])("another strategy $name", async ({ chart, spec }) => {
  expect(await patched("rolling", { strategy: { type: "Recreate" }, annotations: kept }, { chart })).toEqual([
    { metadata: { annotations: { "sluice/strategy-before": null } }, ...spec },
  ]);
});

test("another strategy touches no Deployment that we never changed", async () => {
  expect(await patched("rolling", { strategy: { type: "Recreate" } })).toEqual([]);
  expect(
    await patched("rolling", { strategy: { type: "Recreate" }, annotations: kept }, { state: emptyState }),
  ).toEqual([]);
});
