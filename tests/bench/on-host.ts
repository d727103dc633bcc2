/**
 * Runs a line by the host's own bash and tools, for comparison. Its output goes through a pipe and is
 * read, as a machine's is: on /dev/null GNU grep ends at the first match, even for `-c`.
 */
import { spawn } from "node:child_process";

export function onHost(line: string, cwd?: string): Promise<void> {
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8" };
  const child = spawn("bash", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.resume();
  return new Promise((settle, fail) => {
    child.on("error", fail);
    child.on("close", (status) => {
      if (status === 0) settle();
      else fail(new Error(`the host's bash ended with ${status}: ${line}`));
    });
  });
}
