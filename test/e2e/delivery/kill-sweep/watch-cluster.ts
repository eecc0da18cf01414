import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { listAt, textAt } from "../../../../src/core/json.ts";
import type { Stand } from "../stand.ts";

type Shown = "lease" | "record" | "helm" | "weight";

/**
 * Resolves as soon as the cluster shows a step, with false when the signal ends the wait. The API server is asked
 * directly: a kubectl for each look would be slower than what is looked for.
 */
export async function shows(stand: Stand, what: Shown, signal: AbortSignal): Promise<boolean> {
  const look = await looker(stand);
  const before = await factOf(stand, look, what);
  while (!signal.aborted) {
    const now = await factOf(stand, look, what);
    if (now !== before && isThere(what, now)) return true;
    await sleep(20);
  }
  return false;
}

/** A weight that has moved is a change whatever it is now; of the others only their presence counts. */
function isThere(what: Shown, fact: string): boolean {
  return what === "weight" || fact !== "";
}

type Look = (path: string) => Promise<unknown>;

async function factOf({ namespace }: Stand, look: Look, what: Shown): Promise<string> {
  const core = `/api/v1/namespaces/${namespace}`;
  switch (what) {
    case "lease": {
      const lease = await look(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/sluice-web`);
      return textAt(lease, "spec", "holderIdentity") ?? "";
    }
    case "record": {
      const text = textAt(await look(`${core}/configmaps/sluice-web`), "data", "records") ?? "[]";
      const records = JSON.parse(text) as readonly { readonly id: string; readonly status: string }[];
      return records.find(({ status }) => status === "deploying")?.id ?? "";
    }
    case "helm": {
      const secrets = listAt(await look(`${core}/secrets?labelSelector=owner%3Dhelm`), "items");
      const pending = secrets.filter((one) =>
        /^pending-/.test(textAt(one, "metadata", "labels", "status") ?? ""),
      );
      return pending.map((one) => textAt(one, "metadata", "name")).join(",");
    }
    case "weight": {
      const routes = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/web`;
      const [route, service] = await Promise.all([look(routes), look(`${core}/services/web`)]);
      const spec = (object: unknown) => (object as { readonly spec?: Record<string, unknown> }).spec;
      return JSON.stringify([spec(route)?.rules, spec(service)?.selector]);
    }
  }
}

async function looker({ world }: Stand): Promise<Look> {
  const config = JSON.parse(await readFile(world.kubeconfig, "utf8")) as {
    readonly users: readonly { readonly user: { readonly token: string } }[];
  };
  const ca = await readFile(world.certificateAuthority);
  const headers = { authorization: `Bearer ${config.users[0]?.user.token}` };
  return (path) =>
    new Promise((resolve, reject) => {
      const call = request(`${world.apiServer}${path}`, { ca, headers });
      call.on("error", reject);
      call.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString("utf8"))));
      });
      call.end();
    });
}
