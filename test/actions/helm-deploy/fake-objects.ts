/** The digest of an image named by one letter. */
export function wholeDigest(letter: string): string {
  return `sha256:${letter.repeat(64)}`;
}

/** What the chart renders for a release with the image of that letter, as one manifest of JSON documents. */
export function chartObjects(release: string, letter: string, extra: readonly object[] = []): string {
  const image = `registry.example/web@${wholeDigest(letter)}`;
  const labels = { instance: release };
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image }] } };
  const objects = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: release },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
    },
    { apiVersion: "v1", kind: "Service", metadata: { name: release }, spec: { selector: labels } },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: `${release}-migrate`, annotations: { "helm.sh/hook": "pre-install,pre-upgrade" } },
      spec: { template: { spec: { containers: [{ name: "migrate", image }] } } },
    },
    ...extra,
  ];
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

/** A Deployment, its ReplicaSet and one pod, before (`old`) or after (`new`) an upgrade. */
export function podOf(
  release: string,
  age: "old" | "new",
  { ready = false, crashes = false },
): readonly object[] {
  const revision = age === "old" ? "1" : "2";
  const annotations = { "deployment.kubernetes.io/revision": revision };
  const generation = Number(revision);
  const crash = {
    name: "web",
    restartCount: 2,
    ready: false,
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: { exitCode: 1 } },
  };
  const running = { name: "web", restartCount: 0, ready, state: { running: {} } };
  const owner = (kind: string, uid: string) => [{ controller: true, kind, name: uid, uid }];
  return [
    {
      kind: "Deployment",
      metadata: { name: release, uid: `d-${release}`, generation, annotations },
      spec: { replicas: 1 },
      status: { observedGeneration: generation, updatedReplicas: 1, readyReplicas: ready ? 1 : 0 },
    },
    {
      kind: "ReplicaSet",
      metadata: {
        name: `${release}-${age}`,
        uid: `s-${release}-${age}`,
        annotations,
        ownerReferences: owner("Deployment", `d-${release}`),
      },
    },
    {
      kind: "Pod",
      metadata: {
        name: `${release}-${age}-1`,
        uid: `p-${release}-${age}`,
        ownerReferences: owner("ReplicaSet", `s-${release}-${age}`),
      },
      spec: { nodeName: "node" },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
        containerStatuses: [crashes ? crash : running],
      },
    },
  ];
}

/** The route of stable and candidate, accepted at its generation. */
export function route(weight: number): object {
  const conditions = ["Accepted", "ResolvedRefs"].map((type) => ({
    type,
    status: "True",
    observedGeneration: 1,
  }));
  return {
    metadata: { name: "web", namespace: "shop", resourceVersion: "1", generation: 1 },
    spec: {
      parentRefs: [{ name: "edge" }],
      rules: [
        {
          backendRefs: [
            { name: "web", port: 80, weight: 100 - weight },
            { name: "web-candidate", port: 80, weight },
          ],
        },
      ],
    },
    status: { parents: [{ parentRef: { name: "edge" }, conditions }] },
  };
}
