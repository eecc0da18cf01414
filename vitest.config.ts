import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/e2e/**"],
    // GitHub's workflow packages import JSON in a way that Node needs help with.
    setupFiles: ["src/rehearsal/runner/github-json.ts"],
  },
});
