/**
 * Vitest's set-up of a run: one folder takes what tests and what they start write into the temporary
 * directory, and goes at the end, for a worker that is ended leaves what it made behind.
 */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function takeTemporaryFolder(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "isopod-test-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  return async () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    // A browser that is about to end may still write: nothing depends on the last file.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  };
}
