/** What goes wrong on purpose. Nothing does unless an environment variable or faults.json says so. */
export interface Faults {
  /** Share of business requests that answer 500, from 0 to 1. */
  readonly errorRate: number;
  /** Normal work takes this many times as long. */
  readonly latencyFactor: number;
  /** Added to each business request. */
  readonly latencyMs: number;
  readonly crashAtStart: boolean;
  readonly neverReady: boolean;
  readonly failMigration: boolean;
  /** Memory held from the start. */
  readonly memoryMb: number;
}

export const noFaults: Faults = {
  errorRate: 0,
  latencyFactor: 1,
  latencyMs: 0,
  crashAtStart: false,
  neverReady: false,
  failMigration: false,
  memoryMb: 0,
};

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the faults from `faults.json`, which is part of the image, and from the environment, which wins.
 * Either may name the one environment in which its faults count; without a name they count everywhere.
 */
export function readFaults(env: Env, file: string | undefined): Faults {
  const baked = file === undefined ? {} : readFile(file);
  return {
    ...noFaults,
    ...inEnvironment(baked, env.ENVIRONMENT),
    ...inEnvironment(fromEnv(env), env.ENVIRONMENT),
  };
}

interface Wanted extends Partial<Faults> {
  readonly environment?: string;
}

function inEnvironment(wanted: Wanted, environment: string | undefined): Partial<Faults> {
  const { environment: only, ...faults } = wanted;
  return only === undefined || only === environment ? faults : {};
}

function fromEnv(env: Env): Wanted {
  return {
    ...(env.FAULT_ENVIRONMENT ? { environment: env.FAULT_ENVIRONMENT } : {}),
    ...numberOf(env, "FAULT_ERROR_RATE", "errorRate"),
    ...numberOf(env, "FAULT_LATENCY_FACTOR", "latencyFactor"),
    ...numberOf(env, "FAULT_LATENCY_MS", "latencyMs"),
    ...numberOf(env, "FAULT_MEMORY_MB", "memoryMb"),
    ...flagOf(env, "FAULT_CRASH_AT_START", "crashAtStart"),
    ...flagOf(env, "FAULT_NEVER_READY", "neverReady"),
    ...flagOf(env, "FAULT_MIGRATION", "failMigration"),
  };
}

function numberOf(env: Env, name: string, key: keyof Faults): Wanted {
  const text = env[name];
  if (text === undefined || text === "") return {};
  return { [key]: checkNumber(name, Number(text)) };
}

function flagOf(env: Env, name: string, key: keyof Faults): Wanted {
  return env[name] === "true" ? { [key]: true } : {};
}

function readFile(text: string): Wanted {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Error("faults.json must hold an object");
  }
  for (const [key, value] of Object.entries(parsed)) checkEntry(key, value);
  return parsed;
}

function checkEntry(key: string, value: unknown): void {
  const known: Readonly<Record<string, unknown>> = { ...noFaults, environment: "" };
  if (typeof known[key] !== typeof value)
    throw new Error(`faults.json: "${key}" is not a fault or has a wrong value`);
  if (typeof value === "number") checkNumber(key, value);
}

function checkNumber(name: string, value: number): number {
  if (value >= 0) return value;
  throw new Error(`${name} must be a number that is not negative`);
}
