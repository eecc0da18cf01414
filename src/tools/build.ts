import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { run } from "./run.ts";

export const root = new URL("../../", import.meta.url).pathname;

/** The actions, one stub each; the folders under `actions/` say which there are. */
export async function actionNames(): Promise<readonly string[]> {
  const entries = await readdir(join(root, "actions"), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Builds the bundle into a folder: TypeScript emits, ncc joins, and each action gets a stub beside the one bundle. */
export async function build(into: string): Promise<void> {
  const emitted = join(root, "build/js");
  await rm(emitted, { recursive: true, force: true });
  await run("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"]);
  const bundled = await mkdtemp(join(tmpdir(), "sluice-build-"));
  try {
    const entry = join(emitted, "src/actions/start.js");
    const ncc = ["build", entry, "--out", bundled, "--license", "LICENSES.txt", "--no-cache"];
    await run("node_modules/.bin/ncc", [...ncc, "--target", "es2023", "--quiet"]);
    await rm(into, { recursive: true, force: true });
    await mkdir(into, { recursive: true });
    await gather(bundled, into);
  } finally {
    await rm(bundled, { recursive: true, force: true });
  }
  for (const name of await actionNames()) await writeFile(join(into, `${name}.mjs`), stub(name));
}

/** ncc does not minify the chunks of lazily loaded modules, so every file is minified here. */
async function gather(from: string, into: string): Promise<void> {
  for (const file of (await readdir(from)).toSorted()) {
    const text = await readFile(join(from, file), "utf8");
    await writeFile(
      join(into, file),
      file.endsWith(".js") ? await minify(text) : withoutTrailingBlanks(text),
    );
  }
  await rename(join(into, "index.js"), join(into, "sluice.js"));
}

async function minify(text: string): Promise<string> {
  const { code } = await transform(text, { minify: true, target: "node24", legalComments: "none" });
  return code;
}

/** Some packages' licence texts end their lines in blanks, and git would report each. */
function withoutTrailingBlanks(text: string): string {
  return text.replace(/[ \t]+$/gm, "");
}

/** A stub: the compile cache is shared by all steps of a job and lies in the runner's own temporary folder. */
function stub(name: string): string {
  return [
    `import { enableCompileCache } from "node:module";`,
    `if (process.env.RUNNER_TEMP) enableCompileCache(\`\${process.env.RUNNER_TEMP}/sluice-compile-cache\`);`,
    `const { start } = await import("./sluice.js");`,
    `await start("${name}");`,
    "",
  ].join("\n");
}

if (import.meta.main) {
  const started = Date.now();
  await build(join(root, "dist"));
  console.log(`Built dist in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
