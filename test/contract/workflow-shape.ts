import { at, isRecord, listAt, textAt } from "../../src/core/json.ts";
import type { Permissions } from "../../src/rehearsal/runner/permissions.ts";

/** The jobs of a workflow by id. */
export function jobsOf(workflow: unknown): ReadonlyMap<string, unknown> {
  const jobs = at(workflow, "jobs");
  return new Map(isRecord(jobs) ? Object.entries(jobs) : []);
}

export function stepsOf(job: unknown): readonly unknown[] {
  return listAt(job, "steps");
}

/** Every `uses` of a workflow, of jobs and of steps. */
export function usesOf(workflow: unknown): readonly string[] {
  return [...jobsOf(workflow).values()].flatMap((job) =>
    [textAt(job, "uses"), ...stepsOf(job).map((step) => textAt(step, "uses"))].filter(
      (uses) => uses !== undefined,
    ),
  );
}

/** The path of one of our reusable workflows as a `uses` names it, from within or from another repository. */
export function calledPath(uses: string | undefined): string | undefined {
  return /^(?:\$|[\w.-]+\/[\w.-]+)\/(\.github\/workflows\/[\w.-]+\.yml)(?:@\S+)?$/.exec(uses ?? "")?.[1];
}

export function permissionsOf(holder: unknown): Permissions | undefined {
  const declared = at(holder, "permissions");
  if (!isRecord(declared)) return undefined;
  const levels = Object.entries(declared).filter(([, level]) => level === "read" || level === "write");
  return Object.fromEntries(levels) as Permissions;
}

/** The permissions of several together: write where one of them writes. */
export function unionOf(all: readonly Permissions[]): Permissions {
  const together: Record<string, "read" | "write"> = {};
  for (const permissions of all) {
    for (const [scope, level] of Object.entries(permissions)) {
      if (together[scope] !== "write") together[scope] = level;
    }
  }
  return together;
}

export interface Declared {
  readonly type: string;
  readonly isRequired: boolean;
}

/** The inputs a workflow takes when it is called. */
export function callInputsOf(workflow: unknown): ReadonlyMap<string, Declared> {
  const inputs = at(workflow, "on", "workflow_call", "inputs");
  const entries = isRecord(inputs) ? Object.entries(inputs) : [];
  return new Map(
    entries.map(([name, input]) => [
      name,
      { type: textAt(input, "type") ?? "string", isRequired: at(input, "required") === true },
    ]),
  );
}

export function callSecretsOf(workflow: unknown): readonly string[] {
  const secrets = at(workflow, "on", "workflow_call", "secrets");
  return isRecord(secrets) ? Object.keys(secrets) : [];
}
