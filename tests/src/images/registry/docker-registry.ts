/**
 * A real registry on a port of this machine: Debian's docker-registry. Where it is not installed the
 * tests that need it are skipped, and say so.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PROGRAM = "docker-registry";
export const WHY_SKIPPED = `needs ${PROGRAM} on PATH (Debian: apt-get install ${PROGRAM})`;
export const USER = { user: "agent", password: "secret" };
/** bcrypt of that password. */
const HTPASSWD = "agent:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

export function isInstalled(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export class DockerRegistry implements AsyncDisposable {
  readonly host: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(host: string, folder: string, child: ChildProcess) {
    this.host = host;
    this.#folder = folder;
    this.#process = child;
  }

  static async start({ basicAuth = false } = {}): Promise<DockerRegistry> {
    const folder = mkdtempSync(join(tmpdir(), "isopod-registry-"));
    writeFileSync(join(folder, "htpasswd"), HTPASSWD);
    const auth = { htpasswd: { realm: "test", path: join(folder, "htpasswd") } };
    // JSON is YAML.
    const config = {
      version: "0.1",
      log: { level: "info", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, "data") } },
      http: { addr: "127.0.0.1:0" },
      ...(basicAuth ? { auth } : {}),
    };
    writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
    const child = spawn(PROGRAM, ["serve", join(folder, "config.yml")], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
    });
    return new DockerRegistry(await listening(child), folder, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Its address, from what it logs. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`${PROGRAM} ended:\n${log}`)));
    child.stderr?.on("data", (piece: Buffer) => {
      log += piece;
      const [, host] = /listening on (127\.0\.0\.1:\d+)/.exec(log) ?? [];
      if (host) resolve(host);
    });
  });
}
