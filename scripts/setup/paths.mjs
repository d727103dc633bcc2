/** Where things are, and how set-up steps run a program and speak. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** @param {string[]} parts */
export const at = (...parts) => resolve(ROOT, ...parts);

/**
 * Says on stderr what takes long: stdout belongs to the command that follows.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`isopod set-up: ${text}\n`);
}

/**
 * Runs a program to its end; its output is shown only when it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function run(program, args, env = process.env) {
  const result = spawnSync(program, args, {
    cwd: ROOT,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 << 20,
  });
  if (result.error) throw result.error;
  if (result.status === 0) return result.stdout;
  const how = result.signal ?? `status ${result.status}`;
  throw new Error(
    `${program} ${args.join(" ")} ended with ${how}\n${result.stdout}${result.stderr}`,
  );
}
