/**
 * Where programs of the machine call tools: a Unix socket of pid 1's, one connection for each call. Its
 * back-pressure is the call's; who closes it, or dies, has ended the call.
 */
import {
  AF_UNIX,
  encodeUtf8,
  type Kernel,
  KernelError,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  type Sys,
} from "../../../kernel/index.ts";
import {
  type CallRequest,
  Frame,
  FrameReader,
  frame,
  INPUT_MAX,
  TOOL_SOCKET,
} from "../../../runtimes/programs/tools/frames.ts";
import { readSome, writeAll } from "../descriptors.ts";
import { acceptAll, unlessGone } from "./accept.ts";
import type { ToolEvent } from "./calls.ts";
import { callerAt, isEnd, type ToolRun, type Tools } from "./tools.ts";

/** Calls at once; others wait to be accepted. */
const CALLS_MAX = 64;
const BACKLOG = 128;
const READ_SIZE = 1 << 18;
/** What a request has around its input; JSON within JSON may double it. */
const REQUEST_MAX = 2 * INPUT_MAX + 4096;

export class ToolSocket {
  readonly #kernel: Kernel;
  readonly #sys: Sys;
  readonly #tools: Tools;
  #started = false;

  constructor(kernel: Kernel, tools: Tools) {
    this.#kernel = kernel;
    this.#sys = kernel.init;
    this.#tools = tools;
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const fd = await this.#sys.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const address = encodeUtf8(TOOL_SOCKET);
    await this.#sys.bind(fd, { family: AF_UNIX, address, port: 0, scope: 0 });
    await this.#sys.listen(fd, BACKLOG);
    void unlessGone(() => acceptAll(this.#sys, fd, CALLS_MAX, (call) => this.#serve(call)));
  }

  async #serve(fd: number): Promise<void> {
    const frames = new FrameReader(REQUEST_MAX);
    try {
      const request = await this.#request(fd, frames);
      if (!request) return;
      const run = this.#tools.begin(request, callerAt(this.#kernel, fd));
      const listening = unlessGone(() => this.#listen(fd, frames, run));
      try {
        await this.#tell(fd, run);
      } finally {
        // It must not be left with the descriptor's next owner.
        await this.#endReading(fd);
        await listening;
      }
    } catch (reason) {
      if (!(reason instanceof RangeError) && !(reason instanceof KernelError)) throw reason;
    } finally {
      await this.#sys.close(fd);
    }
  }

  async #request(fd: number, frames: FrameReader): Promise<CallRequest | undefined> {
    while (true) {
      const found = frames.next();
      if (found) return found.type === Frame.CALL ? requestIn(found.payload) : undefined;
      const bytes = await readSome(this.#sys, fd, READ_SIZE);
      if (bytes.length === 0) return undefined;
      frames.push(bytes);
    }
  }

  /** Passes input on; ends the call when its caller has gone. */
  async #listen(fd: number, frames: FrameReader, run: ToolRun): Promise<void> {
    try {
      while (!run.isOver) {
        const found = frames.next();
        if (found) {
          if (found.type === Frame.INPUT) run.feed(found.payload.slice());
          continue;
        }
        const bytes = await readSome(this.#sys, fd, READ_SIZE);
        if (bytes.length === 0) break;
        frames.push(bytes);
      }
    } catch (reason) {
      if (!(reason instanceof RangeError) && !(reason instanceof KernelError)) throw reason;
    } finally {
      run.cancel();
    }
  }

  async #endReading(fd: number): Promise<void> {
    try {
      await this.#sys.shutdown(fd, SHUT_RDWR);
    } catch (reason) {
      // The caller has gone.
      if (!(reason instanceof KernelError)) throw reason;
    }
  }

  async #tell(fd: number, run: ToolRun): Promise<void> {
    try {
      let next: Promise<readonly ToolEvent[]> | undefined = run.next();
      while (next) {
        const events: readonly ToolEvent[] = await next;
        // What comes next is fetched while this is written.
        next = run.isOver ? undefined : run.next();
        for (const event of events) {
          await writeAll(this.#sys, fd, frame(event.type, event.payload));
          if (isEnd(event)) return;
        }
      }
    } finally {
      run.cancel();
    }
  }
}

/** What a guest sent, checked. */
function requestIn(payload: Uint8Array): CallRequest | undefined {
  const text = new TextDecoder().decode(payload);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { name, input, hasInput } = value as Record<string, unknown>;
  if (typeof name !== "string" || typeof input !== "string") return undefined;
  return { name, input, hasInput: hasInput === true };
}
