/**
 * The edge in workerd, as it is deployed: the Worker's own bundle, Durable Objects whose storage is on
 * disk, and the image's files as assets. It can be killed at any instant and started again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import workerd from "workerd";
import { nodePlatform } from "../../src/platforms/node/platform.ts";
import { bundleEdge, writeEdge } from "../../worker/bundle.ts";

/** Its CommonJS `default` arrives as it is in Node, and unwrapped in vitest. */
const EXECUTABLE: string =
  typeof workerd === "string" ? workerd : (workerd as { default: string }).default;

export interface ServerOptions {
  /** False: without the binding LOADER. */
  readonly loader?: boolean;
  /** False: without the binding ASSETS. */
  readonly assets?: boolean;
  /** The Worker's module, from worker/. Default: the one that is deployed. */
  readonly entry?: string;
  /** Text bindings of the Worker. */
  readonly vars?: Readonly<Record<string, string>>;
}

export class EdgeServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #options: ServerOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #complaints = "";
  url = "";

  private constructor(folder: string, options: ServerOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async start(options: ServerOptions = {}): Promise<EdgeServer> {
    const folder = await mkdtemp(join(tmpdir(), "isopod-edge-"));
    const server = new EdgeServer(folder, options);
    try {
      await cp(await builtEdge(options.entry ?? "index.ts"), join(folder, "edge"), {
        recursive: true,
      });
      await mkdir(join(folder, "storage"));
      await server.restart();
    } catch (reason) {
      await server[Symbol.asyncDispose]();
      throw reason;
    }
    return server;
  }

  /** What workerd has written to its standard error. */
  get complaints(): string {
    return this.#complaints;
  }

  /** The operating system's number of the process. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Ends the process, at once and in the middle of everything. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** Starts it, on the same storage; another port. */
  async restart(): Promise<void> {
    await this.kill();
    await writeFile(join(this.#folder, "config.capnp"), await this.#config());
    const args = ["serve", "--experimental", "--control-fd=3", "config.capnp"];
    const child = spawn(EXECUTABLE, args, {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.on("close", () => resolve()));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        this.#complaints += chunk;
      });
    }
    this.url = `http://127.0.0.1:${await this.#port(child.stdio[3] as Readable)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** workerd says on its control descriptor, a line of JSON each, which port a socket got. */
  async #port(control: Readable): Promise<number> {
    for await (const line of createInterface({ input: control })) {
      const event = JSON.parse(line) as { event: string; port?: number };
      if (event.event === "listen" && event.port !== undefined) return event.port;
    }
    throw new Error(`workerd did not start: ${this.#complaints}`);
  }

  async #config(): Promise<string> {
    const { loader = true, assets = true, vars = {} } = this.#options;
    const commands = await readdir(join(this.#folder, "edge/commands"));
    const modules = [
      `(name = "worker.js", esModule = embed "edge/worker.js")`,
      ...commands.map(
        (file) => `(name = "commands/${file}", wasm = embed "edge/commands/${file}")`,
      ),
    ];
    const bindings = [
      `(name = "MACHINES", durableObjectNamespace = "IsopodMachine")`,
      ...(loader ? [`(name = "LOADER", workerLoader = ())`] : []),
      ...(assets ? [`(name = "ASSETS", service = "assets")`] : []),
      ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = "${text}")`),
    ];
    return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    (name = "assets", disk = (path = "edge/assets")),
    (name = "storage", disk = (path = "storage", writable = true))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [${modules.join(",\n    ")}],
  compatibilityDate = "2026-06-01",
  compatibilityFlags = ["nodejs_compat"],
  durableObjectNamespaces = [
    (className = "IsopodMachine", uniqueKey = "isopod-machines", enableSql = true)
  ],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [${bindings.join(",\n    ")}]
);`;
  }
}

const built = new Map<string, Promise<string>>();

/** The folder of the Worker's bundle, made once for each process. */
function builtEdge(entry: string): Promise<string> {
  const known = built.get(entry) ?? build(entry);
  built.set(entry, known);
  return known;
}

async function build(entry: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isopod-edge-bundle-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const bundle = await bundleEdge(entry, () => nodePlatform.openImage());
  await writeEdge(folder, "worker.js", bundle);
  return folder;
}
