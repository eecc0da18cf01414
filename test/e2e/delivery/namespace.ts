import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { administer } from "../../../src/rehearsal/production-route.ts";

const access = new URL("../../../src/rehearsal/cluster/access.yaml", import.meta.url);

/** The two identities of an environment: who deploys, and who only looks. */
export type Identity = "deployer" | "planner";

interface Subject {
  readonly kind: "ServiceAccount";
  readonly name: Identity;
  readonly namespace: string;
}

/** Makes a namespace in which two service accounts may do what the README's Roles say, and nothing else. */
export async function makeNamespace(world: World, namespace: string): Promise<void> {
  const account = (name: Identity) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace },
  });
  const items = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    account("deployer"),
    account("planner"),
    ...(await accessOf(namespace)),
  ];
  await apply(world, items);
}

/** Writes the kubeconfig of one of the two identities and returns its path. */
export async function kubeconfigOf(
  world: World,
  place: { readonly namespace: string; readonly folder: string },
  identity: Identity,
): Promise<string> {
  const order = ["create", "token", identity, "--namespace", place.namespace, "--duration", "12h"];
  const token = (await administer(world, order)).trim();
  const path = join(place.folder, `${identity}.kubeconfig`);
  const cluster = { server: world.apiServer, "certificate-authority": world.certificateAuthority };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "world", cluster }],
    users: [{ name: identity, user: { token } }],
    contexts: [{ name: "world", context: { cluster: "world", user: identity, namespace: place.namespace } }],
    "current-context": "world",
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** Applies objects as the administrator. */
export async function apply(world: World, items: readonly unknown[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await administer(world, ["apply", "--server-side", "--force-conflicts", "-f", "-"], list);
}

interface AccessObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects?: readonly { readonly name: string }[];
}

/** What the file gives to the environment staging, given to the accounts of this namespace. */
async function accessOf(namespace: string): Promise<readonly unknown[]> {
  const text = await readFile(access, "utf8");
  const objects = [...parseAllDocuments(text)].map((one) => one.toJS() as AccessObject);
  return objects.flatMap((object): readonly unknown[] => {
    const { name, namespace: place } = object.metadata;
    const isShared = place === undefined;
    if (!isShared && place !== "staging") return [];
    // What is not of a namespace is there already; only who may use it is added, under a name of its own.
    const metadata = isShared ? { name: `${name}-${namespace}` } : { ...object.metadata, namespace };
    if (object.subjects === undefined) return isShared ? [] : [{ ...object, metadata }];
    const subjects = subjectsOf(object.subjects, namespace);
    return subjects.length === 0 ? [] : [{ ...object, metadata, subjects }];
  });
}

function subjectsOf(subjects: readonly { readonly name: string }[], namespace: string): readonly Subject[] {
  const identities: Readonly<Record<string, Identity>> = { staging: "deployer", "staging-plan": "planner" };
  return subjects.flatMap(({ name: subject }) => {
    const name = identities[subject.split(":environment:")[1] ?? ""];
    return name === undefined ? [] : [{ kind: "ServiceAccount", name, namespace }];
  });
}
