import { readFile } from "node:fs/promises";
import type { World } from "../../../src/rehearsal/cluster/world.ts";
import { readWish } from "./arguments.ts";
import { play } from "./play.ts";

// Runs inside a world that was kept: what is known of it stands in a file, and nothing here ends it.
const [, , file = "", ...args] = process.argv;
const world = JSON.parse(await readFile(file, "utf8")) as World;
const results = await play(world, readWish(args));
process.exit(results.every(({ problem }) => problem === undefined) ? 0 : 1);
