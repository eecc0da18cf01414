import { writeFile } from "node:fs/promises";
import { parseReference } from "../../../src/domain/image/reference.ts";
import { http } from "../../../src/platform/http.ts";
import { registry } from "../../../src/platform/registry.ts";
import { readInside } from "../../../src/rehearsal/cluster/inside.ts";
import { startWorld } from "../../../src/rehearsal/cluster/world.ts";
import { furnish } from "../../../src/rehearsal/production-route.ts";
import { play } from "./scene.ts";

const world = await startWorld(await readInside());
await furnish(world);
const { host, username: user, password } = world.registry;
const client = registry({ http, credentials: () => Promise.resolve({ kind: "password", user, password }) });
const base = await client.resolve(parseReference(`${host}/base/node:24`));
await writeFile(
  process.argv[2] ?? "",
  JSON.stringify(await play(world, `${host}/base/node@${base?.digest}`)),
);
process.exit(0);
