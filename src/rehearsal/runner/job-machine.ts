import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventPayload, type RunContext } from "./run-context.ts";

/** The folders of one job: fresh, as on a machine that runs one job and is thrown away. */
export interface JobMachine {
  readonly root: string;
  readonly workspace: string;
  readonly temp: string;
  readonly home: string;
  readonly toolCache: string;
  readonly eventFile: string;
  readonly arch: "X64" | "ARM64";
  /** Marks every process the job starts. */
  readonly trackingId: string;
}

/** Makes the folders of a job. */
export function prepareMachine(context: RunContext, path: string): JobMachine {
  const { options, run } = context;
  const folder = `${run.id}-${run.attempt}`;
  const root = join(options.workFolder, folder, path.replaceAll(/[^\w.-]+/g, "-"));
  const [, name = "repository"] = options.app.repository.split("/");
  const machine: JobMachine = {
    root,
    workspace: join(root, name, name),
    temp: join(root, "_temp"),
    home: join(root, "_home"),
    toolCache: options.toolCache ?? join(options.workFolder, "_tools"),
    eventFile: join(root, "_temp", "_github_workflow", "event.json"),
    arch: process.arch === "arm64" ? "ARM64" : "X64",
    trackingId: `github_${randomUUID()}`,
  };
  for (const one of [
    machine.workspace,
    machine.home,
    machine.toolCache,
    join(machine.temp, "_github_workflow"),
  ]) {
    mkdirSync(one, { recursive: true });
  }
  writeFileSync(machine.eventFile, JSON.stringify(eventPayload(options), undefined, 2));
  return machine;
}
