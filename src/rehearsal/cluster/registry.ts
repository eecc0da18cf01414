import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { type Daemon, waitUntilReady } from "./daemon.ts";
import { answers } from "./probe.ts";
import type { Site } from "./site.ts";

export interface RegistryLogin {
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/** Address, user and a new password of the world's registry. */
export function makeRegistryLogin(): RegistryLogin {
  return { host: "127.0.0.1:5000", username: "sluice", password: randomBytes(16).toString("hex") };
}

/** Starts the image registry; it refuses everybody without the login, as a private registry does. */
export async function startRegistry(site: Site): Promise<Daemon> {
  const { host, username, password } = site.registry;
  const folder = join(site.runFolder, "registry");
  await mkdir(folder, { recursive: true });
  const users = join(folder, "users");
  await writeFile(users, `${username}:${await hash(password, 4)}\n`, { mode: 0o600 });
  const config = join(folder, "config.json");
  await writeFile(
    config,
    JSON.stringify({
      version: "0.1",
      log: { level: "warn", accesslog: { disabled: true } },
      // Deleting is on, so that a scenario can take a manifest away after it was tagged.
      storage: { filesystem: { rootdirectory: join(folder, "images") }, delete: { enabled: true } },
      http: { addr: host, secret: randomBytes(16).toString("hex") },
      auth: { htpasswd: { realm: "sluice rehearsal", path: users } },
    }),
  );
  const daemon = site.start("docker-registry", "docker-registry", ["serve", config]);
  const headers = { authorization: basicAuthorization(site.registry) };
  await waitUntilReady(daemon, () => answers(`http://${host}/v2/`, { headers }));
  return daemon;
}

/** The Authorization header of a registry login. */
export function basicAuthorization(login: RegistryLogin): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}
