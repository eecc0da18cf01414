import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Daemon, waitUntilReady } from "./daemon.ts";
import { keepTargets } from "./pod-discovery.ts";
import { answers } from "./probe.ts";
import type { Site } from "./site.ts";

export const prometheusUrl = "http://127.0.0.1:9090";

/**
 * Starts Prometheus. It scrapes every 2 s the gateway and each running pod that carries the annotation
 * `prometheus.io/scrape: "true"`, labelled with its namespace, pod and release.
 */
export async function startPrometheus(site: Site): Promise<Daemon> {
  const folder = join(site.runFolder, "prometheus");
  await mkdir(folder, { recursive: true });
  const config = join(folder, "config.json");
  const targets = join(folder, "targets.json");
  await writeFile(targets, "[]");
  await writeFile(config, JSON.stringify(prometheusConfig(targets)));
  const daemon = site.start("prometheus", "prometheus", [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${new URL(prometheusUrl).host}`,
    "--log.level=warn",
  ]);
  await waitUntilReady(daemon, () => answers(`${prometheusUrl}/-/ready`));
  keepTargets(site, targets);
  return daemon;
}

function prometheusConfig(targetFile: string): object {
  return {
    global: { scrape_interval: "2s", scrape_timeout: "1s", evaluation_interval: "2s" },
    scrape_configs: [
      { job_name: "gateway", static_configs: [{ targets: ["127.0.0.1:8081"] }] },
      { job_name: "pods", file_sd_configs: [{ files: [targetFile], refresh_interval: "5s" }] },
    ],
  };
}
