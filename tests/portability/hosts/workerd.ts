/** The bundle in workerd, the runtime of Cloudflare Workers, asked over loopback HTTP. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import workerd from "workerd";
import type { LineResult, RunLines } from "./host.ts";

const WORKER = `
import { runLines } from "machine.js";
export default {
  async fetch(request) {
    try {
      return Response.json(await runLines(await request.json()));
    } catch (error) {
      return new Response(String(error?.stack ?? error?.code ?? error), { status: 500 });
    }
  },
};`;

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "machine.js", esModule = embed "machine.js")
  ],
  compatibilityDate = "2026-06-01"
);`;

export const runInWorkerd: RunLines = async (bundle, lines) => {
  const folder = await mkdtemp(join(tmpdir(), "isopod-workerd-"));
  await writeFile(join(folder, "config.capnp"), CONFIG);
  await writeFile(join(folder, "worker.js"), WORKER);
  await writeFile(join(folder, "machine.js"), bundle);
  const server = spawn(workerd, ["serve", "--control-fd=3", "config.capnp"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => server.on("close", () => resolve()));
  try {
    const port = await listeningPort(server.stdio[3] as Readable, server.stderr as Readable);
    const body = JSON.stringify(lines);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as LineResult[];
  } finally {
    server.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
};

/** workerd says on its control descriptor, a line of JSON each, which port a socket got. */
async function listeningPort(control: Readable, stderr: Readable): Promise<number> {
  let complaints = "";
  stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  for await (const line of createInterface({ input: control })) {
    const event = JSON.parse(line) as { event: string; port?: number };
    if (event.event === "listen" && event.port !== undefined) return event.port;
  }
  throw new Error(`workerd did not start: ${complaints}`);
}
