/** An object as the fake cluster holds it. */
export type Object_ = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
};

interface Pods {
  readonly wanted: number;
  readonly ready: number;
  readonly crash?: true;
}

/** A Deployment with its ReplicaSet and pods. */
export function podsOf(release: string, { wanted, ready, crash: isCrashing }: Pods): readonly Object_[] {
  const owner = (kind: string, uid: string) => [{ controller: true, kind, name: uid, uid }];
  const annotations = { "deployment.kubernetes.io/revision": "1" };
  const set = {
    name: `${release}-1`,
    uid: `s-${release}`,
    annotations,
    ownerReferences: owner("Deployment", `d-${release}`),
  };
  const pods = Array.from({ length: wanted }, (_, n) => ({
    kind: "Pod",
    metadata: {
      name: `${release}-1-${n}`,
      uid: `p-${release}-${n}`,
      ownerReferences: owner("ReplicaSet", `s-${release}`),
    },
    spec: { nodeName: "node" },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: n < ready ? "True" : "False" }],
      containerStatuses: [isCrashing === true ? crashed : running],
    },
  }));
  const status = { observedGeneration: 1, updatedReplicas: wanted, readyReplicas: ready };
  return [
    {
      kind: "Deployment",
      metadata: { name: release, uid: `d-${release}`, generation: 1, annotations },
      spec: { replicas: wanted },
      status,
    },
    { kind: "ReplicaSet", metadata: set },
    ...pods,
  ] as readonly Object_[];
}

const running = { name: "web", restartCount: 0, ready: true, state: { running: {} } };
const crashed = {
  name: "web",
  restartCount: 3,
  ready: false,
  state: { waiting: { reason: "CrashLoopBackOff" } },
  lastState: { terminated: { exitCode: 1 } },
};
