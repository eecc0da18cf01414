import { join } from "node:path";
import { build, root } from "./build.ts";
import { run } from "./run.ts";

/** Writes everything that `npm run check` may find stale: schemas, tables, format, dist. */
await run("node", ["src/tools/schemas.ts"]);
await run("node", ["src/tools/docs.ts"]);
await run("node_modules/.bin/biome", ["check", "--write", "."]);
await build(join(root, "dist"));
