import { canaryAa } from "./canary/aa.ts";
import { canaryJudge } from "./canary/judge.ts";
import { canaryPower } from "./canary/power.ts";
import { deployFailfast } from "./deploy-failfast.ts";
import { deployOverhead } from "./deploy-overhead.ts";
import { rollback } from "./rollback.ts";
import { startup } from "./startup.ts";

/** Benches by name; each prints a table, or one JSON document with `--json`. */
const benches: Readonly<Record<string, () => unknown>> = {
  startup,
  "canary-aa": () => canaryAa(),
  "canary-power": () => canaryPower(),
  "canary-judge": canaryJudge,
  "deploy-failfast": deployFailfast,
  "deploy-overhead": deployOverhead,
  rollback,
};

/** All lists of rows that a result holds; the result itself where it holds none. */
function tablesOf(result: unknown): readonly unknown[] {
  const lists = Object.values(result ?? {}).filter(Array.isArray);
  return lists.length > 0 ? lists : [result];
}

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
  else for (const table of tablesOf(result)) console.table(table);
}
