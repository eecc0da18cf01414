import type { Parts } from "../parts/parts.ts";
import type { Certificates } from "./certificates.ts";
import type { Daemon } from "./daemon.ts";
import type { RegistryLogin } from "./registry.ts";
import type { Users } from "./users.ts";

/** What everything that starts in a world needs to know about it. */
export interface Site {
  readonly runFolder: string;
  readonly logs: string;
  readonly cgroup: string;
  readonly parts: Parts;
  readonly certificates: Certificates;
  readonly users: Users;
  readonly registry: RegistryLogin;
  readonly issuerUrl: string;
  /** A second issuer, for what goes on beside the scenarios. */
  readonly secondIssuerUrl: string;
  readonly audience: string;
  /** Starts a program whose output goes to the world's logs. */
  readonly start: (name: string, program: string, args: readonly string[], more?: StartOptions) => Daemon;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}
