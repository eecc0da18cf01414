import { rename, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { apiServerUrl } from "./control-plane.ts";
import type { Site } from "./site.ts";

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status: { readonly phase?: string; readonly podIP?: string };
}

interface Target {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The scrape targets among pods: running, annotated `prometheus.io/scrape: "true"` and with a port named. */
export function targetsOf(pods: readonly Pod[]): readonly Target[] {
  return pods.flatMap(({ metadata, status }) => {
    const annotations = metadata.annotations ?? {};
    const port = annotations["prometheus.io/port"];
    if (annotations["prometheus.io/scrape"] !== "true" || port === undefined) return [];
    if (status.phase !== "Running" || status.podIP === undefined) return [];
    const release = metadata.labels?.["app.kubernetes.io/instance"];
    const labels = {
      namespace: metadata.namespace,
      pod: metadata.name,
      __metrics_path__: annotations["prometheus.io/path"] ?? "/metrics",
      ...(release === undefined ? {} : { release }),
    };
    return [{ targets: [`${status.podIP}:${port}`], labels }];
  });
}

/**
 * Keeps a file of scrape targets up to date. Debian builds Prometheus without Kubernetes discovery, so the world asks
 * the API server itself.
 */
export function keepTargets(site: Site, file: string): { readonly stop: () => void } {
  let last = "";
  let isStopped = false;
  const round = async () => {
    const now = JSON.stringify(targetsOf(await listPods(site)));
    if (now === last) return;
    await writeFile(`${file}.new`, now);
    await rename(`${file}.new`, file);
    last = now;
  };
  const loop = async () => {
    while (!isStopped) {
      // A list that failed leaves the old targets, as Prometheus' own discovery does.
      await round().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  };
  void loop();
  return {
    stop: () => {
      isStopped = true;
    },
  };
}

function listPods(site: Site): Promise<readonly Pod[]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${site.users.token("sluice:prometheus")}` };
    const call = request(`${apiServerUrl}/api/v1/pods`, {
      ca: site.certificates.authorityPem,
      headers,
      timeout: 5000,
    });
    call.on("error", reject);
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}`));
        resolve((JSON.parse(text) as { items: Pod[] }).items);
      });
    });
    call.end();
  });
}
