import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/temporary-folder.ts"],
    exclude: [...configDefaults.exclude, "test/e2e/**"],
    // Real processes are started, on machines that may be busy: a limit is there to end what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // GitHub's workflow packages import JSON in a way that Node needs help with.
    setupFiles: ["src/rehearsal/runner/github-json.ts"],
  },
});
