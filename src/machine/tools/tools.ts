/**
 * The embedder's tools in one machine: their descriptions, and calls to them on behalf of its programs.
 * The policy is asked first, each time.
 */
import { type Asker, encodeUtf8, type Kernel } from "../../../kernel/index.ts";
import { StreamSocket } from "../../../kernel/net/stream-socket.ts";
import { askerOf } from "../../../kernel/policy.ts";
import { pathOf } from "../../../kernel/vfs/path-of.ts";
import {
  type CallFailure,
  type CallRequest,
  type FailureKind,
  Frame,
} from "../../../runtimes/programs/tools/frames.ts";
import type { ToolCatalog, ToolSpec } from "../../../runtimes/programs/tools/spec.ts";
import type { Embedder } from "../embedder.ts";
import type { ToolEvent } from "./calls.ts";

/** Of whom a call is made, as the machine knows it. */
export interface Caller {
  readonly asker: Asker;
  readonly cwd: string | undefined;
  /** Its initial environment, `NAME=value` each. */
  readonly envp: readonly string[];
}

/** What the machine knows of a process. */
export function callerOf(kernel: Kernel, pid: number): Caller {
  const process = kernel.processes.get(pid);
  if (!process) return { asker: { pid, command: "" }, cwd: undefined, envp: [] };
  const { envp, fs } = process;
  return { asker: askerOf(process), cwd: pathOf(fs.cwd, fs.root), envp };
}

/** Who connected to the socket that pid 1 has as `fd`. */
export function callerAt(kernel: Kernel, fd: number): Caller {
  const socket = kernel.processes.get(1)?.fds.get(fd);
  return callerOf(kernel, socket instanceof StreamSocket ? socket.peerPid : 0);
}

let lastCall = 0;

export class Tools implements ToolCatalog {
  readonly #kernel: Kernel;
  readonly #embedder: Embedder | undefined;
  readonly #machine: number;
  readonly #listeners = new Set<() => void>();
  #specs: readonly ToolSpec[] = [];

  constructor(kernel: Kernel, embedder: Embedder | undefined, machine: number) {
    this.#kernel = kernel;
    this.#embedder = embedder;
    this.#machine = machine;
  }

  list(): readonly ToolSpec[] {
    return this.#specs;
  }

  find(name: string): ToolSpec | undefined {
    return this.#specs.find((spec) => spec.name === name);
  }

  replace(specs: readonly ToolSpec[]): void {
    this.#specs = specs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const listener of this.#listeners) listener();
  }

  /** Hears of changes until the result is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  begin(request: CallRequest, caller: Caller): ToolRun {
    const run = new ToolRun(++lastCall, this.#embedder);
    run.begin(async () => {
      const { name, input, hasInput } = request;
      const spec = this.find(name);
      if (!spec || !this.#embedder) return [failed("unknown", this.#unknown(name))];
      const verdict = await this.#kernel.policy?.decide({ kind: "tool", name }, caller.asker);
      if (verdict?.allowed === false) return [failed("denied", `not permitted: ${verdict.reason}`)];
      if (run.isOver) return [failed("cancelled", "the call was ended")];
      const { asker, cwd, envp } = caller;
      const env = chosen(envp, spec.env);
      const call = { call: run.call, machine: this.#machine };
      return this.#embedder.runTool({ ...call, name, input, hasInput, cwd, env, asker });
    });
    return run;
  }

  #unknown(name: string): string {
    const known = this.#specs.map((spec) => spec.name).join(", ");
    const there = known === "" ? "there are none" : `there are: ${known}`;
    return `there is no tool ${JSON.stringify(name.slice(0, 200))}; ${there}`;
  }
}

/** One call. Whoever begins it takes its events to the end, or cancels it. */
export class ToolRun {
  readonly call: number;
  readonly #embedder: Embedder | undefined;
  #first: Promise<readonly ToolEvent[]> | undefined;
  #over = false;

  constructor(call: number, embedder: Embedder | undefined) {
    this.call = call;
    this.#embedder = embedder;
  }

  begin(start: () => Promise<readonly ToolEvent[]>): void {
    this.#first = start();
    // Whoever cancels it does not ask any more.
    this.#first.catch(() => {});
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** What came since the last time, at least one; the last of all is the end. Asked when that was taken. */
  async next(): Promise<readonly ToolEvent[]> {
    let events: readonly ToolEvent[];
    try {
      const step = this.#first ?? this.#embedder?.continueTool(this.call);
      this.#first = undefined;
      events = (await step) ?? [];
    } catch (reason) {
      const text = (reason as { message?: string }).message ?? String(reason);
      events = [failed("failed", `the call was cut off: ${text}`)];
    }
    const last = events.at(-1);
    if (!last || isEnd(last)) this.#over = true;
    return last ? events : [failed("cancelled", "the call was ended")];
  }

  /** Answers WANT; nothing is the input's end. */
  feed(bytes: Uint8Array): void {
    if (!this.#over) this.#embedder?.feedTool(this.call, bytes);
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#embedder?.cancelTool(this.call);
  }
}

export function isEnd({ type }: ToolEvent): boolean {
  return ENDS.has(type);
}

export function failed(kind: FailureKind, message: string): ToolEvent {
  const failure: CallFailure = { kind, message, issues: [] };
  return { type: Frame.FAILURE, payload: encodeUtf8(JSON.stringify(failure)) };
}

const ENDS: ReadonlySet<number> = new Set([
  ...[Frame.JSON, Frame.TEXT, Frame.BYTES, Frame.NOTHING, Frame.FAILURE],
]);

function chosen(envp: readonly string[], names: readonly string[]): Record<string, string> {
  const entries = envp.map((entry) => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries.filter(([name]) => names.includes(name)));
}
