import { deployFailfast } from "./deploy-failfast.ts";
import { deployOverhead } from "./deploy-overhead.ts";
import { rollback } from "./rollback.ts";
import { startup } from "./startup.ts";

/** Benches by name; each prints a table, or one JSON document with `--json`. */
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  startup,
  "deploy-failfast": deployFailfast,
  "deploy-overhead": deployOverhead,
  rollback,
};

const [name = "", ...flags] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(
    `npm run bench -- NAME [--json], NAME one of ${Object.keys(benches).join(", ")}: got "${name}"`,
  );
  process.exitCode = 1;
} else {
  const result = await bench();
  if (flags.includes("--json")) console.log(JSON.stringify(result, null, 2));
  else console.table((result as { rows?: unknown }).rows ?? result);
}
