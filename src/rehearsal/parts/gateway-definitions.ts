import { cp, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { cached, type cacheEntries } from "./cache.ts";
import type { Preparation } from "./context.ts";
import { hasGo, moduleFolder, sourceFolder } from "./go.ts";

const gatewayApi = "sigs.k8s.io/gateway-api";
const istioApi = "istio.io/api";

/** The folder with the Gateway API's custom resource definitions, of the version that Traefik is built with. */
export async function provideGatewayDefinitions(preparation: Preparation): Promise<string> {
  const version = await versionRequired("traefik", gatewayApi);
  return provideDefinitions(preparation, {
    module: "traefik",
    of: gatewayApi,
    version,
    folder: "gateway-api",
    from: "config/crd/standard",
  });
}

/** The folder with the definitions of Istio's objects. No world is made of it: deliveries ask for it. */
export async function provideIstioDefinitions(preparation: Preparation): Promise<string> {
  const version = await versionRequired("istio", istioApi);
  const from = "kubernetes/customresourcedefinitions.gen.yaml";
  return provideDefinitions(preparation, {
    module: "istio",
    of: istioApi,
    version,
    folder: "istio-api",
    from,
  });
}

interface Definitions {
  /** One of our own Go modules, whose go.sum pins the sources. */
  readonly module: string;
  readonly of: string;
  readonly version: string;
  /** In the cache. */
  readonly folder: (typeof cacheEntries)[number];
  /** In the sources: a folder of definitions, or one file of them. */
  readonly from: string;
}

async function provideDefinitions(
  preparation: Preparation,
  { module, of, version, folder, from }: Definitions,
): Promise<string> {
  return cached(join(preparation.cache, folder, version), async (temporary) => {
    if (!(await hasGo(preparation))) {
      throw new OutsideError(
        `${of} ${version} cannot be had here: install Go 1.21 or newer (https://go.dev/dl)`,
      );
    }
    const source = join(await sourceFolder(preparation, module, of), from);
    const isFile = (await stat(source)).isFile();
    await cp(source, isFile ? join(temporary, basename(source)) : temporary, { recursive: true });
  });
}

async function versionRequired(module: string, of: string): Promise<string> {
  const required = await readFile(join(moduleFolder(module), "go.mod"), "utf8");
  const version = new RegExp(`${of} (v\\S+)`).exec(required)?.[1];
  if (version !== undefined) return version;
  throw new OutsideError(`go.mod of ${module} does not require ${of}`);
}
