import { expect, test } from "vitest";
import { addRecord, type DeployRecord } from "../../src/domain/record/record.ts";
import { emptyState, type RolloutState, withRollout } from "../../src/domain/record/state.ts";
import type { Kubectl, KubeObject } from "../../src/platform/kubectl.ts";
import { ConflictError, NotFoundError } from "../../src/platform/kubectl-errors.ts";
import { recordStore } from "../../src/platform/record-store.ts";

/** A ConfigMap in an API server that refuses stale writes. */
function server(
  options: {
    readonly data?: Readonly<Record<string, string>>;
    readonly interfere?: (write: number) => Readonly<Record<string, string>> | undefined;
  } = {},
) {
  let object = options.data === undefined ? undefined : stored(options.data, 1);
  let writes = 0;
  const write = (next: KubeObject & { readonly metadata?: unknown }) => {
    const other = options.interfere?.(++writes);
    if (other !== undefined) object = stored(other, versionOf(object) + 1);
    if (object === undefined && "resourceVersion" in (next.metadata as object))
      throw new NotFoundError("gone");
    const asked = Number((next.metadata as { resourceVersion?: string }).resourceVersion ?? 0);
    if (asked !== versionOf(object)) throw new ConflictError("modified");
    object = stored(next.data as Record<string, string>, versionOf(object) + 1);
    return object;
  };
  const kubectl = {
    get: async () => object,
    create: async (next: KubeObject) => write(next),
    replace: async (next: KubeObject) => write(next),
  } as unknown as Kubectl;
  const remove = () => {
    object = undefined;
  };
  return {
    store: recordStore(kubectl, "web", "shop"),
    writes: () => writes,
    data: () => object?.data,
    remove,
  };
}

function stored(data: Readonly<Record<string, string>>, version: number) {
  return { metadata: { name: "sluice-web", resourceVersion: String(version) }, data };
}

function versionOf(object: ReturnType<typeof stored> | undefined): number {
  return Number(object?.metadata.resourceVersion ?? 0);
}

const record = (id: string) => ({ id, status: "good", revision: 1 }) as DeployRecord;
const add = (id: string) => (state: typeof emptyState) => ({
  ...state,
  records: addRecord(state.records, record(id)),
});

test("a release without a ConfigMap has an empty state, which the first change makes", async () => {
  const { store, data } = server();
  expect(await store.read()).toEqual(emptyState);
  await store.update(add("a"));
  expect(await store.read()).toEqual({ records: [record("a")], holds: [] });
  expect(Object.keys(data() ?? {})).toEqual(["records"]);
});

test("a change is repeated on what somebody else wrote first: nothing is lost", async () => {
  const interfere = (write: number) =>
    write === 1 ? { records: JSON.stringify([record("theirs")]) } : undefined;
  const { store, writes } = server({ data: { records: "[]" }, interfere });
  await store.update(add("ours"));
  expect((await store.read()).records.map(({ id }) => id)).toEqual(["ours", "theirs"]);
  expect(writes()).toBe(2);
});

test("a ConfigMap that was removed meanwhile is made anew", async () => {
  const { store, remove } = server({ data: { records: "[]" } });
  await store.read();
  remove();
  await store.update(add("ours"));
  expect((await store.read()).records.map(({ id }) => id)).toEqual(["ours"]);
});

test("a change that never gets through is an error, not a silence", async () => {
  let n = 0;
  const { store } = server({
    data: { records: "[]" },
    interfere: () => ({ records: JSON.stringify([record(String(n++))]) }),
  });
  await expect(store.update(add("ours"))).rejects.toBeInstanceOf(ConflictError);
}, 20_000);

test("the rollout is set and cleared, and nothing is written where nothing changes", async () => {
  const { store, writes } = server();
  const rollout = { weight: 5, digest: "sha256:1" } as RolloutState;
  await store.update((state) => withRollout(state, rollout));
  expect((await store.read()).rollout).toEqual(rollout);
  await store.update((state) => withRollout(state, undefined));
  expect((await store.read()).rollout).toBeUndefined();
  const before = writes();
  await store.update((state) => state);
  expect(writes()).toBe(before);
});

test.each([
  {
    name: "no JSON",
    data: { records: "{" },
    says: 'ConfigMap sluice-web holds no JSON under "records": remove or repair it',
  },
  {
    name: "no records",
    data: { records: '[{"other":1}]' },
    says: "ConfigMap sluice-web does not hold records of sluice",
  },
])("a ConfigMap with $name is refused: starting over would lose the way back", async ({ data, says }) => {
  await expect(server({ data }).store.read()).rejects.toThrow(says);
});
