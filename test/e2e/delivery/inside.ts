import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readInside, stayUp } from "../../../src/rehearsal/cluster/inside.ts";
import { startWorld } from "../../../src/rehearsal/cluster/world.ts";
import { readWish } from "./arguments.ts";
import { play } from "./play.ts";

const wish = readWish(process.argv.slice(2));
const world = await startWorld(await readInside());
await writeFile(join(world.runFolder, "world.json"), JSON.stringify(world));
if (wish.isKept) await stayUp(0);
const broken = world.broken.then((why) => {
  throw new Error(`The world is broken: ${why}`);
});
const results = await Promise.race([play(world, wish), broken]);
await world.stop();
process.exit(results.every(({ problem }) => problem === undefined) ? 0 : 1);
