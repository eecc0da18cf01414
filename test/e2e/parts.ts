import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { prepare } from "../../src/rehearsal/parts/prepare.ts";

/** Fetches and builds what the scenarios need before the first test, and puts the actions' tools on PATH. */
export default async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-e2e-"));
  // The world's database runs without root, and its folder lies in here.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    console.log("The scenarios on real parts need root on Linux: they are skipped");
    return () => rmSync(folder, { recursive: true, force: true });
  }
  const { helm, kubectl, gitleaks, osvScanner, overlayRoots } = await prepare((line) => console.log(line));
  const tools = join(folder, "tools");
  mkdirSync(tools);
  for (const file of [helm, kubectl, gitleaks, osvScanner]) symlinkSync(file, join(tools, basename(file)));
  const prometheus = overlayRoots.map((root) => join(root, "usr/bin/prometheus")).find(existsSync);
  if (prometheus !== undefined) symlinkSync(prometheus, join(tools, "prometheus"));
  process.env.PATH = `${tools}:${process.env.PATH ?? ""}`;
  return () => rmSync(folder, { recursive: true, force: true });
}
