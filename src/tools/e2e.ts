import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// Without a name: what every change must pass, with the short selection of the delivery cases. The kill sweep, the canaries
// and the other delivery cases are run by name.
const named = process.argv.slice(2);
const isEverything = named.every((argument) => argument.startsWith("-"));
const config = ["--config", "vitest.e2e.config.ts"];
const byName = ["kill-sweep", "canary"].flatMap((name) => ["--exclude", `test/e2e/${name}.e2e.test.ts`]);
const without = isEverything ? byName : [];
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const ran = spawnSync(process.execPath, [vitest, "run", ...config, ...without, ...named], {
  stdio: "inherit",
  env: { ...process.env, SLUICE_DELIVERY: isEverything ? "short" : "all" },
});
process.exitCode = ran.status ?? 1;
