import { expect, test } from "vitest";
import type { ManifestObject } from "../../src/domain/release/manifest.ts";
import type { Kubectl, Patch } from "../../src/platform/kubectl.ts";
import type { WatchEvent } from "../../src/platform/kubectl-watch.ts";
import { freeOfLeftAccounts } from "../../src/platform/left-account.ts";

interface Template {
  serviceAccountName?: string | undefined;
  serviceAccount?: string | undefined;
}

/** One Deployment, whose API server fills each name of the account from the other. */
function clusterWith(template: Template, isDeaf = false) {
  const live = {
    kind: "Deployment",
    metadata: { name: "web", generation: 4 },
    spec: { template: { spec: template } },
  };
  const did: string[] = [];
  let tell: (event: WatchEvent) => void = () => undefined;
  const write = (change: () => void, what: string) => {
    did.push(what);
    change();
    template.serviceAccountName ??= template.serviceAccount;
    template.serviceAccount = template.serviceAccountName;
    live.metadata.generation += 1;
    if (!isDeaf) tell({ type: "MODIFIED", object: structuredClone(live) });
  };
  const kubectl = {
    get: async () => structuredClone(live),
    patch: async (_kind: string, _name: string, _namespace: string, { patch }: Patch) => {
      expect(patch).toEqual({
        spec: { template: { spec: { serviceAccountName: null, serviceAccount: null } } },
      });
      write(() => {
        template.serviceAccountName = template.serviceAccount = undefined;
      }, "freed");
    },
    watch: async (
      _kind: string,
      _namespace: string,
      _selector: string | undefined,
      onEvent: typeof tell,
      signal: AbortSignal,
    ) => {
      tell = onEvent;
      tell({ type: "ADDED", object: structuredClone(live) });
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  } as unknown as Kubectl;
  const helm = async () => {
    write(() => {
      template.serviceAccountName = undefined;
    }, "rolled back");
    await new Promise((resolve) => setImmediate(resolve));
    did.push("waited");
  };
  return { kubectl, did, helm, template };
}

const manifest = (template: Template): readonly ManifestObject[] => {
  const body = { spec: { template: { spec: template } } };
  return [{ kind: "Deployment", name: "web", namespace: "", body }] as unknown as readonly ManifestObject[];
};

async function run(cluster: ReturnType<typeof clusterWith>, wanted: Template) {
  const said: string[] = [];
  await freeOfLeftAccounts(cluster.kubectl, "shop", {
    objects: manifest(wanted),
    say: (line) => said.push(line),
    body: cluster.helm,
  });
  return said;
}

test("an account that the manifest does not name is taken away once Helm has written", async () => {
  const cluster = clusterWith({ serviceAccountName: "nobody", serviceAccount: "nobody" });
  expect(await run(cluster, {})).toEqual([
    "deployments.apps/web: service account nobody is taken away, which Helm leaves behind",
  ]);
  expect(cluster.did).toEqual(["rolled back", "freed", "waited"]);
  expect(cluster.template.serviceAccountName).toBeUndefined();
});

test("what the watch missed is done at the end", async () => {
  const cluster = clusterWith({ serviceAccountName: "nobody", serviceAccount: "nobody" }, true);
  await run(cluster, {});
  expect(cluster.did).toEqual(["rolled back", "waited", "freed"]);
});

test("who may not watch is told so, and it is done at the end", async () => {
  const cluster = clusterWith({ serviceAccountName: "nobody", serviceAccount: "nobody" }, true);
  const watch = () => Promise.reject(new Error("deployments.apps is forbidden"));
  const kubectl = { ...cluster.kubectl, watch } as unknown as Kubectl;
  expect(await run({ ...cluster, kubectl }, {})).toEqual([
    "Service accounts of deployments.apps cannot be watched: deployments.apps is forbidden",
    "deployments.apps/web: service account nobody is taken away, which Helm leaves behind",
  ]);
});

test.each([
  { name: "no account is left", live: {}, wanted: {} },
  { name: "the manifest names one", live: { serviceAccountName: "a" }, wanted: { serviceAccountName: "b" } },
])("nothing is done where $name", async ({ live, wanted }) => {
  const cluster = clusterWith({ ...live });
  expect(await run(cluster, wanted)).toEqual([]);
  expect(cluster.did).toEqual(["rolled back", "waited"]);
});
