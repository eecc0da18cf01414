import { enableCompileCache } from "node:module";
if (process.env.RUNNER_TEMP) enableCompileCache(`${process.env.RUNNER_TEMP}/sluice-compile-cache`);
const { start } = await import("./sluice.js");
await start("security-scan");
