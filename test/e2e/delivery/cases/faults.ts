import { stringify } from "yaml";
import type { ActionInputs } from "../action-process.ts";

/** A version that cannot come up, and what must be said of it. */
export interface Fault {
  readonly name: string;
  /** Values of the cases' chart that bring it about. */
  readonly values: (image: string) => object;
  readonly inputs?: ActionInputs;
  /** Objects that make the namespace narrow. They are made before the deploy, and taken away after it. */
  readonly around?: (namespace: string) => readonly object[];
  readonly reason: string;
  /** What the sentence must say: object, pod and cause. */
  readonly says: RegExp;
}

const missing = `sha256:${"f".repeat(64)}`;
const pod = /^Deployment web: pod web-\S+, container web /.source;

// A chart that does not use its image is refused: a hook that is never reached uses it.
const hooks = { postUpgrade: "pass" };

const hungry = "globalThis.all=[];for(;;)all.push(Buffer.alloc(1e6,1))";

function says(text: string): RegExp {
  return new RegExp(`${pod}${text}`);
}

/** krane's catalogue and more, on a Deployment. What is wrong stands in the pod. */
export const podFaults: readonly Fault[] = [
  {
    name: "image-name",
    values: () => ({ hooks, faults: { image: `127.0.0.1:5000/UPPER@${missing}` } }),
    reason: "image",
    says: says("cannot pull its image: .*(couldn't parse|InvalidImageName|invalid)"),
  },
  {
    name: "image-missing",
    values: (image) => ({ hooks, faults: { image: image.replace(/@.*/, `@${missing}`) } }),
    reason: "image",
    says: says("cannot pull its image: .*not found"),
  },
  {
    // The node has a login for the registry by its other name.
    name: "image-denied",
    values: (image) => ({ hooks, faults: { image: image.replace("127.0.0.1", "localhost") } }),
    reason: "image",
    says: says("cannot pull its image: .*(401|[Uu]nauthorized|no basic auth|denied)"),
  },
  {
    name: "cannot-run",
    values: () => ({ faults: { command: "/not-there" } }),
    reason: "container",
    says: says("cannot run: .*/not-there.*no such file or directory"),
  },
  {
    name: "crash-at-start",
    values: () => ({ faults: { exitAtStart: "3" } }),
    reason: "crash",
    says: says("ended with exit code 3, restarted .*: version 2 cannot start"),
  },
  {
    name: "crash-later",
    // Not ready before it crashes: what was ready once and crashes later is for the judges after the deploy.
    values: () => ({ faults: { crashAfter: "3", startDelay: "8" } }),
    reason: "crash",
    says: says("ended with exit code 1, restarted .*: version 2 has crashed"),
  },
  {
    name: "init-crash",
    values: () => ({ faults: { initExit: "4" } }),
    reason: "crash",
    says: /^Deployment web: pod web-\S+, init container prepare ended with exit code 4, restarted .*: the preparation has failed/,
  },
  {
    name: "out-of-memory",
    values: () => ({
      resources: { limits: { memory: "64Mi" } },
      env: { NODE_OPTIONS: `--import=data:text/javascript,${hungry}` },
    }),
    reason: "crash",
    says: says("ended with OOMKilled \\(exit code 137\\), restarted"),
  },
  {
    name: "liveness",
    values: () => ({
      faults: { neverReady: "true" },
      liveness: { enabled: true, path: "/ready" },
      terminationGracePeriodSeconds: 1,
    }),
    reason: "crash",
    says: says(
      "ended with exit code 137, restarted .*: killed by its liveness probe \\(Liveness probe failed: ",
    ),
  },
  {
    name: "config-missing",
    values: () => ({ faults: { configMap: "nowhere" } }),
    reason: "config",
    says: says('cannot be configured: configmap "nowhere" not found'),
  },
  {
    name: "secret-missing",
    values: () => ({ faults: { secret: "nowhere" } }),
    reason: "config",
    says: says('cannot be configured: secret "nowhere" not found'),
  },
  {
    name: "volume-missing",
    values: () => ({ faults: { volume: "nowhere" } }),
    reason: "config",
    says: says('cannot be configured: MountVolume.SetUp failed .*configmap "nowhere" not found'),
  },
  {
    name: "claim-missing",
    values: () => ({ faults: { claim: "nowhere" } }),
    reason: "config",
    says: /^Deployment web: pod web-\S+ cannot be scheduled: .*persistentvolumeclaim "nowhere" not found/,
  },
  {
    name: "unschedulable",
    values: () => ({ faults: { nodeSelector: { disk: "none" } } }),
    inputs: { "grace-unschedulable": "5s" },
    reason: "unschedulable",
    says: /^Deployment web: pod web-\S+ cannot be scheduled: 0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector/,
  },
  {
    name: "readiness",
    values: () => ({ faults: { neverReady: "true" } }),
    inputs: { timeout: "60s" },
    reason: "timeout",
    says: /^Not ready after \d+(\.\d+)? s: Deployment web has 0 of 2 new pods ready: pod web-\S+ runs but is not ready: Readiness probe failed: HTTP probe failed with statuscode: 503/,
  },
];

/** What is wrong stands around the pods: none is made. */
export const admissionFaults: readonly Fault[] = [
  {
    name: "quota",
    values: () => ({}),
    around: (namespace) => [
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "narrow", namespace },
        spec: { hard: { pods: "2" } },
      },
    ],
    reason: "quota",
    says: /^Deployment web cannot make pods: .*exceeded quota: narrow/,
  },
  {
    name: "limit-range",
    values: () => ({ resources: { limits: { memory: "256Mi" } } }),
    around: (namespace) => [
      {
        apiVersion: "v1",
        kind: "LimitRange",
        metadata: { name: "narrow", namespace },
        spec: { limits: [{ type: "Container", max: { memory: "128Mi" } }] },
      },
    ],
    reason: "denied",
    says: /^Deployment web cannot make pods: .*maximum memory usage per Container is 128Mi/,
  },
  {
    name: "service-account",
    values: () => ({ serviceAccountName: "nobody" }),
    reason: "denied",
    says: /^Deployment web cannot make pods: .*serviceaccount "nobody" not found/,
  },
];

/** Pods that are ending count against the quota: room comes once they have ended, and the deploy must wait for it. */
export const narrowButEnough = {
  values: {
    strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    terminationGracePeriodSeconds: 5,
  },
  quota: (namespace: string) => ({
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "narrow", namespace },
    spec: { hard: { pods: "2" } },
  }),
};

/** The inputs of a deploy with the fault. */
export function inputsOf(fault: Fault, image: string, more: object = {}): ActionInputs {
  const values = { ...more, version: "2", ...fault.values(image) };
  // Long enough for a busy machine: nothing here should come to its end, but for a probe that never passes.
  return { image, version: "2", timeout: "180s", set: stringify(values), ...fault.inputs };
}
