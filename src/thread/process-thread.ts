/**
 * A kernel in a process of its own, with one machine and its forks: where V8 aborts over what a guest does,
 * or somebody kills that process, every call of theirs rejects and nothing else ends. It ends with its last
 * machine, or with this process, however that one ends.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readSync } from "node:fs";
import type { Arguments, Operations, Part, Result } from "../machine/service.ts";
import { FarThread } from "./far-thread.ts";
import type { KernelThread } from "./kernel-thread.ts";
import { LastWords } from "./last-words.ts";
import { ownBytes } from "./own-bytes.ts";
import { portToChild } from "./process-port.ts";
import type { Farewell } from "./worker-messages.ts";

/** How long a process without machines may take to end, and how long the end of ours waits for all. */
const LEAVE_MS = 5000;
const FAREWELL_MS = 500;

/** Of our environment: where things are kept, whom TLS trusts and how the network is reached. */
const VARIABLES = [
  ...["HOME", "PATH", "TMPDIR", "LD_LIBRARY_PATH", "DOCKER_CONFIG"],
  ...["ISOPOD_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "SSL_CERT_DIR"],
  ...["NODE_USE_ENV_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"],
  ...["http_proxy", "https_proxy", "no_proxy"],
  // Without these nothing runs on Windows.
  ...["SystemRoot", "USERPROFILE", "LOCALAPPDATA", "TEMP"],
] as const;

/** As the Worker has it, in halves: V8's default lets short-lived garbage spread over 48 MB. */
const NURSERY = "--max-semi-space-size=3";

/** Flags of ours that say whom TLS trusts; all others, an inspector's above all, are for us alone. */
const KEPT_FLAG = /^--use-\w+-ca$/;

export function processThread(): KernelThread {
  return new ProcessThread();
}

class ProcessThread extends FarThread {
  readonly #child: ChildProcess;
  #machines = 0;

  constructor() {
    const child = fork(new URL("../kernel-process.ts", import.meta.url), [], {
      env: environment(),
      execArgv: [NURSERY, ...process.execArgv.filter((flag) => KEPT_FLAG.test(flag))],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      windowsHide: true,
    });
    super(portToChild(child));
    this.#child = child;
    const words = new LastWords();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => words.hear(text));
    child.on("error", (error) => this.#ended(error));
    child.on("close", (status, signal) => {
      const how = signal ?? `exit status ${status}`;
      const why = words.gist === "" ? how : `${how}, ${words.gist}`;
      this.#ended(new Error(why, { cause: words.text }));
    });
    if (living.size === 0) process.on("exit", sayFarewells);
    living.add(child);
  }

  override create(...args: Parameters<KernelThread["create"]>): Promise<number> {
    return this.#withOneMore(() => super.create(...args));
  }

  override async request<P extends Part, N extends keyof Operations[P] & string>(
    id: number,
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>> {
    const work = () => super.request(id, part, name, args);
    const isFork = part === "machine" && (name as string) === "fork";
    return isFork ? this.#withOneMore(work) : ownBytes(await work());
  }

  override async dispose(id: number): Promise<void> {
    try {
      await super.dispose(id);
    } finally {
      await this.#withOneLess();
    }
  }

  protected wordsOf({ message }: Error): string {
    const remedy = "what was committed to a store is there for the next machine";
    return `the machine's process died, and nothing else with it: ${message} (${remedy})`;
  }

  async #withOneMore<T>(work: () => Promise<T>): Promise<T> {
    this.#machines++;
    try {
      return await work();
    } catch (reason) {
      await this.#withOneLess();
      throw reason;
    }
  }

  /** Resolves when the process of no machine is gone. */
  async #withOneLess(): Promise<void> {
    if (--this.#machines > 0 || this.dead) return;
    const late = setTimeout(() => this.#child.kill("SIGKILL"), LEAVE_MS);
    sayFarewell(this.#child);
    await this.call(() => new Promise(() => {})).catch(() => {});
    clearTimeout(late);
  }

  #ended(cause: Error): void {
    living.delete(this.#child);
    if (living.size === 0) process.off("exit", sayFarewells);
    this.died(cause);
  }
}

const living = new Set<ChildProcess>();

function environment(): NodeJS.ProcessEnv {
  const own = VARIABLES.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(own.filter(([, value]) => value !== undefined));
}

function sayFarewell(child: ChildProcess): void {
  const message: Farewell = { farewell: true };
  child.send(message, () => {});
}

/** At the end of this process: machines are to be committed before the next one looks for them. */
function sayFarewells(): void {
  for (const child of living) sayFarewell(child);
  const until = performance.now() + FAREWELL_MS;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  while ([...living].some(lives) && performance.now() < until) Atomics.wait(nobody, 0, 0, 1);
}

/** No event says so any more; but its end of the pipe is open as long as it lives. */
function lives(child: ChildProcess): boolean {
  const { fd = -1 } = (child.stderr as { _handle?: { fd?: number } } | null)?._handle ?? {};
  if (fd < 0) return false;
  try {
    return readSync(fd, new Uint8Array(1024)) > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EAGAIN";
  }
}
