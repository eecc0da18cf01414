import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { preparationHere } from "./context.ts";
import { type PackageGroup, providePackages } from "./debian.ts";
import { isExecutable } from "./path.ts";
import type { Progress } from "./progress.ts";

const browserPackages: PackageGroup = {
  name: "browser",
  packages: ["chromium", "fonts-liberation"],
  programs: ["/usr/lib/chromium/chromium"],
};

/**
 * A headless browser for looking at the report: the machine's own, or Debian's unpacked into the cache. The latter sees
 * its packages through a mount namespace of its own, so it needs root.
 */
export async function provideBrowser(progress: Progress): Promise<string> {
  for (const path of ["/usr/bin/google-chrome", "/usr/bin/chromium"])
    if (await isExecutable(path)) return path;
  const preparation = preparationHere(progress, new AbortController().signal);
  const root = await providePackages(preparation, browserPackages);
  if (root === undefined) return "/usr/lib/chromium/chromium";
  return cached(join(root, "sluice-browser"), async (temporary) => {
    await writeFile(temporary, wrapper(root));
    await chmod(temporary, 0o755);
  });
}

function wrapper(root: string): string {
  const lay = (folder: string) =>
    `mount -t overlay -o "lowerdir=$root/${folder}:/${folder}" overlay /${folder}`;
  return `#!/bin/sh
export root="${root}"
exec unshare --mount sh -c '${lay("usr")} && ${lay("etc")} && exec /usr/lib/chromium/chromium "$@"' chromium "$@"
`;
}
