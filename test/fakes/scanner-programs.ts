import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a stand-in for a scanner does: the report it writes, what it says, how it exits. */
export interface ScannerStub {
  readonly version?: string;
  /** Text of the report; undefined writes none. */
  readonly report?: string | undefined;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Shell commands run before the report is written; `$@` are the arguments. */
  readonly before?: string;
}

/** Writes a program that answers as a scanner did when it was recorded, and returns the folder for PATH. */
export function scannerProgram(folder: string, name: "gitleaks" | "osv-scanner", stub: ScannerStub): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const option = name === "gitleaks" ? "--report-path" : "--output-file";
  const report = join(folder, `${name}.report`);
  const said = join(folder, `${name}.stderr`);
  if (stub.report !== undefined) writeFileSync(report, stub.report);
  writeFileSync(said, stub.stderr ?? "");
  const version = stub.version ?? (name === "gitleaks" ? "8.30.1" : "2.6.0");
  const script = [
    "#!/bin/sh",
    `case "$1" in version|--version) echo "${version}"; exit 0;; esac`,
    `echo "$@" >> "${join(folder, `${name}.calls`)}"`,
    `env >> "${join(folder, `${name}.env`)}"`,
    stub.before ?? "",
    'before=""',
    `for arg in "$@"; do if [ "$before" = "${option}" ] && [ -f "${report}" ]; then cat "${report}" > "$arg"; fi; before="$arg"; done`,
    `cat "${said}" >&2`,
    `exit ${stub.exitCode ?? 0}`,
  ];
  writeFileSync(join(bin, name), `${script.join("\n")}\n`);
  chmodSync(join(bin, name), 0o755);
  return bin;
}
