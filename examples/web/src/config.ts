import { existsSync, readFileSync } from "node:fs";
import { type Faults, readFaults } from "./faults.ts";

/** What the service is told from outside. */
export interface Config {
  readonly port: number;
  readonly databaseUrl: string;
  readonly identity: Identity;
  /** Typical duration of the work behind one request. */
  readonly baseWorkMs: number;
  /** Time between the order to end and the last accepted connection. */
  readonly shutdownDelayMs: number;
  readonly faults: Faults;
}

/** Who answers: shown by /version and carried by every metric. */
export interface Identity {
  readonly version: string;
  readonly commit: string;
  readonly digest: string;
  readonly release: string;
  readonly track: string;
  readonly environment: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the configuration from the environment; `faultsFile` is the text of faults.json, if the image has one. */
export function readConfig(env: Env, faultsFile?: string): Config {
  return {
    port: numberFrom(env, "PORT", 8080),
    databaseUrl: env.DATABASE_URL ?? "",
    identity: {
      version: env.APP_VERSION ?? "dev",
      commit: env.APP_COMMIT ?? "unknown",
      digest: env.IMAGE_DIGEST ?? "",
      release: env.RELEASE ?? "web",
      track: env.TRACK ?? "stable",
      environment: env.ENVIRONMENT ?? "local",
    },
    baseWorkMs: numberFrom(env, "BASE_WORK_MS", 5),
    shutdownDelayMs: numberFrom(env, "SHUTDOWN_DELAY_MS", 3000),
    faults: readFaults(env, faultsFile),
  };
}

/** The text of faults.json beside the source, or undefined: a healthy image has none. */
export function readFaultsFile(): string | undefined {
  const file = new URL("../faults.json", import.meta.url);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function numberFrom(env: Env, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === "") return otherwise;
  const value = Number(text);
  if (value >= 0) return value;
  throw new Error(`${name} must be a number that is not negative: got "${text}"`);
}
