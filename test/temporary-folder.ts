import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Everything tests put into the temporary folder goes into one of their own, which is removed after the last. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "sluice-vitest-"));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
