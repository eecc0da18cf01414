import { fileURLToPath } from "node:url";
import { runInside } from "../../../src/rehearsal/cluster/enter.ts";
import { cacheFolder } from "../../../src/rehearsal/parts/cache.ts";
import { prepare } from "../../../src/rehearsal/parts/prepare.ts";

const parts = await prepare((line) => console.log(line));
const script = fileURLToPath(new URL("inside.ts", import.meta.url));
const { exitCode } = await runInside({ script, args: process.argv.slice(2), parts, cache: cacheFolder() });
process.exit(exitCode);
