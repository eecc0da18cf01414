import { writeFile } from "node:fs/promises";
import { readInside } from "../src/rehearsal/cluster/inside.ts";
import { startWorld } from "../src/rehearsal/cluster/world.ts";
import { measureRollbacks } from "./rollback-rows.ts";

const world = await startWorld(await readInside());
await writeFile(process.argv[2] ?? "", JSON.stringify(await measureRollbacks(world)));
await world.stop();
process.exit(0);
