/** workerd with a configuration of the test's own: it can be killed at any instant and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import workerd from "workerd";

/** Its CommonJS `default` arrives as it is in Node, and unwrapped in vitest. */
const EXECUTABLE: string =
  typeof workerd === "string" ? workerd : (workerd as { default: string }).default;

export class WorkerdServer implements AsyncDisposable {
  readonly folder: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #complaints = "";
  url = "";

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `files`, config.capnp among them, go to a folder of its own; storage may be kept beside them. */
  static async start(files: Readonly<Record<string, string>>): Promise<WorkerdServer> {
    const server = new WorkerdServer(await mkdtemp(join(tmpdir(), "isopod-workerd-")));
    try {
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(server.folder, name), text);
      }
      await server.restart();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends the process at once, in the middle of everything. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** Starts it on the same storage; the port is another. */
  async restart(): Promise<void> {
    await this.kill();
    const args = ["serve", "--experimental", "--control-fd=3", "config.capnp"];
    const child = spawn(EXECUTABLE, args, {
      cwd: this.folder,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.on("close", () => resolve()));
    child.stderr?.on("data", (chunk) => {
      this.#complaints += chunk;
    });
    this.url = `http://127.0.0.1:${await this.#port(child.stdio[3] as Readable)}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** workerd says on its control descriptor, a line of JSON each, which port a socket got. */
  async #port(control: Readable): Promise<number> {
    for await (const line of createInterface({ input: control })) {
      const event = JSON.parse(line) as { event: string; port?: number };
      if (event.event === "listen" && event.port !== undefined) return event.port;
    }
    throw new Error(`workerd did not start: ${this.#complaints}`);
  }
}
