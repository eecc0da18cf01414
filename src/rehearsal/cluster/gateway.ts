import { type Daemon, waitUntilReady } from "./daemon.ts";
import { answers } from "./probe.ts";
import type { Site } from "./site.ts";

export const gatewayUrl = "http://127.0.0.1:8080";

/** Starts Traefik as the data plane of the Gateway API and of Ingresses in the manner of ingress-nginx. It needs the API's definitions and its own role first. */
export async function startTraefik(site: Site): Promise<Daemon> {
  const daemon = site.start(
    "traefik",
    site.parts.traefik,
    [
      `--entrypoints.web.address=${new URL(gatewayUrl).host}`,
      "--entrypoints.traefik.address=127.0.0.1:8081",
      "--providers.kubernetesgateway=true",
      "--providers.kubernetesgateway.statusaddress.ip=127.0.0.1",
      // Canary annotations of ingress-nginx, on Ingresses of class nginx.
      "--providers.kubernetesingressnginx=true",
      // A change of weight takes effect at once, not after the 2 s that spare busy clusters.
      "--providers.providersthrottleduration=100ms",
      "--metrics.prometheus=true",
      "--ping=true",
      "--api=false",
      "--global.checknewversion=false",
      "--global.sendanonymoususage=false",
    ],
    { env: { KUBECONFIG: site.users.kubeconfig("sluice:traefik") } },
  );
  await waitUntilReady(daemon, () => answers("http://127.0.0.1:8081/ping"));
  return daemon;
}
