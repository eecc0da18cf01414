import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/e2e/**/*.e2e.test.ts"],
    globalSetup: ["test/e2e/parts.ts"],
    // One cluster at a time: two would share the machine's cores and neither would be quick.
    fileParallelism: false,
    testTimeout: 45 * 60_000,
    hookTimeout: 30 * 60_000,
    setupFiles: ["src/rehearsal/runner/github-json.ts"],
  },
});
