import { mkdir, writeFile } from "node:fs/promises";
import type { DeliveryCase } from "../case.ts";
import type { Stand } from "../stand.ts";
import { changeState, mustRefuse } from "./rollback-steps.ts";

const missing = `sha256:${"0".repeat(64)}`;

/** What is wrong with the way back is found before anything is touched. */
async function playRefusals(stand: Stand): Promise<void> {
  await stand.install("1");
  await stand.install("2", { "schema-level": "3" });
  await mustRefuse(stand, {}, /the data is at schema level 3 since record .*, and revision 1 knows level 0/);
  await changeState(stand, (state) => ({
    ...state,
    records: state.records.map(({ schemaLevel: _level, ...one }) =>
      one.revision === 1 ? { ...one, manifestDigest: missing } : one,
    ),
  }));
  const secret = "secret/sh.helm.release.v1.web.v1";
  await stand.kubectl("label", secret, "sluice-record=somebody-elses", "--overwrite");
  await mustRefuse(stand, {}, /says its manifest is sha256:0{64}, Helm has sha256:/);
  await stand.helm("upgrade", "web", await noPull(stand), "--set", `image=127.0.0.1:1/nobody/web@${missing}`);
  await stand.helm("rollback", "web", "2", "--wait");
  const gone = `${stand.world.registry.host}/acme/web@${missing}`;
  await stand.helm("upgrade", "web", await noPull(stand), "--set", `image=${gone}`);
  await stand.helm("rollback", "web", "2", "--wait");
  await mustRefuse(
    stand,
    { to: "5", "allow-unverified": true },
    /image \S+@sha256:0{64} is not in its registry any more/,
  );
}

/** A chart whose pods are never made: what counts is what Helm remembers of it. */
async function noPull(stand: Stand): Promise<string> {
  const folder = `${stand.folder}/no-pull`;
  await mkdir(`${folder}/templates`, { recursive: true });
  await writeFile(`${folder}/Chart.yaml`, "apiVersion: v2\nname: no-pull\nversion: 0.1.0\n");
  await writeFile(
    `${folder}/templates/web.yaml`,
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: no-pull}
spec:
  replicas: 0
  selector: {matchLabels: {app: no-pull}}
  template:
    metadata: {labels: {app: no-pull}}
    spec: {containers: [{name: web, image: "{{ .Values.image }}"}]}
`,
  );
  return folder;
}

/** A kind that the cluster served when the version was deployed, and does not serve now. */
async function playKinds(stand: Stand): Promise<void> {
  const group = `${stand.namespace}.example.test`;
  const crd = crdOf(group);
  await stand.apply(crd);
  await stand.kubectl("wait", "crd", crd.metadata.name, "--for=condition=Established", "--timeout=30s");
  const folder = `${stand.folder}/kinds`;
  await mkdir(`${folder}/templates`, { recursive: true });
  await writeFile(`${folder}/Chart.yaml`, "apiVersion: v2\nname: kinds\nversion: 0.1.0\n");
  await writeFile(
    `${folder}/templates/all.yaml`,
    `apiVersion: v1
kind: ConfigMap
metadata: {name: kinds}
{{- if .Values.plant }}
---
apiVersion: ${group}/v1
kind: Plant
metadata: {name: fern}
{{- end }}
`,
  );
  await stand.helm("install", "web", folder, "--set", "plant=true");
  await stand.helm("upgrade", "web", folder, "--set", "plant=false");
  await stand.kubectl("delete", "crd", crd.metadata.name, "--wait");
  const told = { to: "1", "allow-unverified": true };
  await mustRefuse(stand, told, /the cluster does not serve Plant of \S+\/v1 any more \(Plant fern\)/);
}

function crdOf(group: string) {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `plants.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "plants", singular: "plant", kind: "Plant" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}

export const rollbackRefusalCases: readonly DeliveryCase[] = [
  { name: "rollback-refusals", isShort: false, run: playRefusals },
  { name: "rollback-kinds", isShort: false, run: playKinds },
];
