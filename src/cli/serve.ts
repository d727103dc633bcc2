/** `isopod serve`: machines for clients elsewhere, until a signal ends it. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { baseImagePresent } from "../images/base-image-present.ts";
import { directoryStore } from "../options/directory-store.ts";
import { normalizePermissions, type Permissions, passing } from "../options/permissions.ts";
import { listen } from "../remote/node/http-server.ts";
import { Previews } from "../remote/server/previews/previews.ts";
import { RemoteServer } from "../remote/server/server.ts";
import { ThreadMachines } from "../remote/server/thread-machines.ts";
import { processThread } from "../thread/process-thread.ts";
import { workerThread } from "../thread/worker-thread.ts";
import { complain, paintFor } from "./style.ts";
import { UsageError } from "./usage-error.ts";

export interface ServeArguments {
  readonly listen: string;
  readonly store: string | undefined;
  readonly token: string | undefined;
  readonly origins: readonly string[];
  /** One Worker for all machines, or a process for each. */
  readonly kernel: "worker" | "process";
  /** Names below it are previews. */
  readonly previewUrl: string | undefined;
  /** Of every machine. */
  readonly permissions: Permissions | undefined;
  /** Seconds after which a machine that nobody uses is switched off. */
  readonly idle: number;
}

const TOKEN_BYTES = 24;
const TOKEN = /^[A-Za-z0-9._~-]{16,}$/;
/** A second signal, or a machine that does not end in this time, ends the process at once. */
const FAREWELL_MS = 10_000;

export async function serve(command: ServeArguments): Promise<number> {
  const address = parseListen(command.listen);
  const given = command.token ?? (process.env["ISOPOD_TOKEN"] || undefined);
  if (given !== undefined && !TOKEN.test(given)) {
    throw new UsageError("a token has 16 or more letters, digits and . _ ~ -");
  }
  const token = given ?? randomBytes(TOKEN_BYTES).toString("base64url");
  await baseImagePresent();
  const store = command.store === undefined ? undefined : await storeIn(command.store);
  const machines = new ThreadMachines({
    thread: command.kernel === "process" ? processThread : workerThread,
    ...granted(command.permissions),
    store,
    idleMs: command.idle * 1000,
    onEvent: process.stderr.isTTY ? tell : undefined,
  });
  const previews = new Previews({ machines, token, base: parsePreviewUrl(command.previewUrl) });
  const server = new RemoteServer({ machines, token, origins: command.origins, previews });
  const listening = await listen(server, address, previews);
  announce(listening.url, given === undefined ? token : undefined, address.hostname);
  await signalled();
  setTimeout(() => process.exit(1), FAREWELL_MS).unref();
  await listening.close();
  await machines.close();
  await store?.chunks.close();
  return 0;
}

/** What the server's machines may reach is the server's to say. */
function granted(permissions: Permissions | undefined) {
  if (!permissions) return {};
  const { set, env } = normalizePermissions("isopod serve", permissions);
  return { permissions: [set], hostEnv: passing(env, process.env) };
}

/** Opened here as well as by the kernel, for what is asked of machines that are off. */
async function storeIn(path: string) {
  const { openDirectoryStore } = await import("../stores/directory.ts");
  return { source: directoryStore(path), chunks: await openDirectoryStore(path) };
}

/** What becomes of machines, for whoever watches. */
function tell(name: string, what: string): void {
  const paint = paintFor(process.stderr);
  const time = new Date().toTimeString().slice(0, 8);
  process.stderr.write(`${paint("dim", time)} ${name} ${paint("dim", what)}\n`);
}

function announce(url: string, token: string | undefined, hostname: string): void {
  const paint = paintFor(process.stdout);
  const lines = [`${paint("bold", "isopod serve")} ${paint("cyan", url)}`];
  if (token !== undefined) lines.push(`${paint("bold", "token")} ${token}`);
  process.stdout.write(`${lines.join("\n")}\n`);
  if (process.stdout.isTTY) {
    const use = `ISOPOD_TOKEN=${token ?? "..."} isopod shell --host ${url}/vms/NAME`;
    process.stdout.write(`${paint("dim", `from elsewhere: ${use}`)}\n`);
  }
  if (!/^(127\.|localhost$|::1$)/.test(hostname)) {
    complain(
      `${hostname} can be reached from other hosts, and nothing is encrypted: put TLS before it`,
    );
  }
}

function parsePreviewUrl(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isBase = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (isBase && /[a-z]/.test(url.hostname)) return url;
  throw new UsageError(`--preview-url ${text}: expected such as https://previews.example.com`);
}

/** `HOST:PORT`, `[HOST]:PORT` or `PORT`. */
function parseListen(text: string): { hostname: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new UsageError(`--listen ${text}: expected HOST:PORT or PORT`);
  }
  return { hostname: bracketed ?? plain ?? "127.0.0.1", port };
}

async function signalled(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  for (const signal of signals) process.once(signal, () => process.exit(1));
}
