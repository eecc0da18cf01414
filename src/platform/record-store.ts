import { OutsideError } from "../core/errors.ts";
import { isRecord, type Json, textAt } from "../core/json.ts";
import { fitRecords } from "../domain/record/record.ts";
import { emptyState, type ReleaseState } from "../domain/record/state.ts";
import type { Kubectl, KubeObject } from "./kubectl.ts";
import { ConflictError, NotFoundError } from "./kubectl-errors.ts";

/** Our account of one release, in a ConfigMap of its namespace. */
export interface RecordStore {
  read(): Promise<ReleaseState>;
  /** Changes the state as it is now in the cluster; repeated when somebody else wrote first. Returns the new state. */
  update(change: (state: ReleaseState) => ReleaseState): Promise<ReleaseState>;
}

const tries = 8;

/** The name of the ConfigMap that keeps the records of a release. */
export function recordName(release: string): string {
  return `sluice-${release}`;
}

/** The store of one release. Every write is guarded by the version that was read. */
export function recordStore(kubectl: Kubectl, release: string, namespace: string): RecordStore {
  const name = recordName(release);
  // What we saw last is most likely still there. Where it is not, the server refuses the write and we read again.
  let seen: unknown;
  const find = async () => {
    seen = await kubectl.get("configmap", name, namespace);
    return seen;
  };
  const tryUpdate = async (change: (state: ReleaseState) => ReleaseState): Promise<ReleaseState> => {
    const known = seen;
    seen = undefined;
    const found = known ?? (await find());
    const before = stateOf(found, name);
    const after = change(before);
    if (after === before) return known === undefined ? after : tryUpdate(change);
    const object = configMap(
      { name, namespace, release },
      after,
      textAt(found, "metadata", "resourceVersion"),
    );
    seen = await (found === undefined ? kubectl.create(object) : kubectl.replace(object));
    return after;
  };
  return {
    read: async () => stateOf(await find(), name),
    update: async (change) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await tryUpdate(change);
        } catch (error) {
          // Removed or changed since it was seen.
          const isStale = error instanceof ConflictError || error instanceof NotFoundError;
          if (!isStale || attempt >= tries) throw error;
          seen = undefined;
          await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
        }
      }
    },
  };
}

interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly release: string;
}

function configMap(place: Place, state: ReleaseState, resourceVersion: string | undefined): KubeObject {
  const { rollout, holds, records } = state;
  const version = resourceVersion === undefined ? {} : { resourceVersion };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: place.name,
      namespace: place.namespace,
      labels: { "app.kubernetes.io/managed-by": "sluice", "sluice/release": place.release },
      ...version,
    },
    data: {
      records: JSON.stringify(fitRecords(records)),
      ...(rollout === undefined ? {} : { rollout: JSON.stringify(rollout) }),
      ...(holds.length === 0 ? {} : { holds: JSON.stringify(holds) }),
    } satisfies Record<string, Json>,
  };
}

function stateOf(object: unknown, name: string): ReleaseState {
  if (object === undefined) return emptyState;
  const records = parseKey(object, "records", name) ?? [];
  const rollout = parseKey(object, "rollout", name);
  const holds = parseKey(object, "holds", name) ?? [];
  // Without the records the way back is unknown; starting over in silence would lose it.
  if (!isListOf(records, "status") || !isListOf(holds, "digest"))
    throw new OutsideError(`ConfigMap ${name} does not hold records of sluice: remove or repair it`);
  const base = { records, holds } as unknown as ReleaseState;
  return isRecord(rollout)
    ? { ...base, rollout: rollout as unknown as NonNullable<ReleaseState["rollout"]> }
    : base;
}

function parseKey(object: unknown, key: string, name: string): unknown {
  const text = textAt(object, "data", key);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new OutsideError(`ConfigMap ${name} holds no JSON under "${key}": remove or repair it`);
  }
}

function isListOf(value: unknown, key: string): boolean {
  return Array.isArray(value) && value.every((one) => isRecord(one) && typeof one[key] === "string");
}
