/**
 * The one test configuration. Tests run unbuilt, each file in a forked process of the pinned
 * Node, because isolated-vm may not be loaded twice in one process by two worker threads' exits.
 */
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // What tests keep (images, caches) stays out of the home of whoever runs them.
    env: { ISOPOD_HOME: resolve(import.meta.dirname, ".cache/isopod-home") },
    globalSetup: ["tests/support/temporary.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 240_000,
    teardownTimeout: 30_000,
    // A condition is awaited as long as a test may take; the default of a second is a race on a busy machine.
    expect: { poll: { timeout: 60_000 } },
    reporters: ["default", "./scripts/closing-line.ts"],
  },
});
