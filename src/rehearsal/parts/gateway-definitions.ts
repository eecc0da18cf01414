import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { cached } from "./cache.ts";
import type { Preparation } from "./context.ts";
import { hasGo, moduleFolder, sourceFolder } from "./go.ts";

const gatewayApi = "sigs.k8s.io/gateway-api";

/** The folder with the Gateway API's custom resource definitions, of the version that Traefik is built with. */
export async function provideGatewayDefinitions(preparation: Preparation): Promise<string> {
  const required = await readFile(join(moduleFolder("traefik"), "go.mod"), "utf8");
  const version = new RegExp(`${gatewayApi} (v\\S+)`).exec(required)?.[1];
  if (version === undefined) throw new OutsideError(`Traefik's go.mod does not require ${gatewayApi}`);
  return cached(join(preparation.cache, "gateway-api", version), async (temporary) => {
    if (!(await hasGo(preparation))) {
      throw new OutsideError(
        `${gatewayApi} ${version} cannot be had here: install Go 1.21 or newer (https://go.dev/dl)`,
      );
    }
    const source = await sourceFolder(preparation, "traefik", gatewayApi);
    await cp(join(source, "config/crd/standard"), temporary, { recursive: true });
  });
}
