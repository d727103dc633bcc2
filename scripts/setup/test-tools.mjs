/**
 * Host programs that some tests drive or compare with. On Debian, as root, the missing ones are
 * installed; elsewhere the test that needs one fails and names it, or is skipped where it compares.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, say } from "./paths.mjs";

/** Program on PATH -> Debian package. */
const TOOLS = { chromium: "chromium", tmux: "tmux", "docker-registry": "docker-registry" };

export function installTestTools() {
  const missing = Object.entries(TOOLS).filter(([program]) => !isOnPath(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !isOnPath("apt-get")) return;
  const packages = missing.map(([, name]) => name);
  say(`installing for the tests: ${packages.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    run("apt-get", ["-q", "update"], env);
    run("apt-get", ["-q", "install", "-y", "--no-install-recommends", ...packages], env);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\nTests that need them will fail.`);
  }
}

/** @param {string} program */
function isOnPath(program) {
  if (program === "chromium" && process.env.CHROMIUM_PATH) return true;
  return (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}
