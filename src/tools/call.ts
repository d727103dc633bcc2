/**
 * One call of a tool in the thread of the API: from its input as text to its last event. Events are
 * fetched by whoever called; what waits for them is bounded, so a tool that awaits its writes is held.
 */
import {
  type CallFailure,
  type FailureKind,
  Frame,
  type FrameType,
  type Issue,
  RESULT_MAX,
} from "../../runtimes/programs/tools/frames.ts";
import type { ToolCall, ToolEvent } from "../machine/tools/calls.ts";
import type { Vm } from "../vm.ts";
import { DataError, formatData, parseData } from "./data.ts";
import type { NormalTool } from "./normalize.ts";
import type { ToolContext } from "./tool.ts";

/** Bytes that wait for the caller before write() does. */
const ROOM = 1 << 20;
/** And before a tool that does not await it is ended. */
const FLOOD = 64 << 20;
/** Bytes of output that go at once. */
const PIECE = 256 << 10;

export class RunningTool {
  readonly #tool: NormalTool;
  readonly #request: ToolCall;
  readonly #controller = new AbortController();
  readonly #context: ToolContext;
  #events: ToolEvent[] = [];
  #waiting = 0;
  #over = false;
  /** Of the caller, who waits for events. */
  #onEvent: (() => void) | undefined;
  /** Of writers, who wait for room. */
  #onRoom: (() => void)[] = [];
  #onInput: ((bytes: Uint8Array) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tool: NormalTool, request: ToolCall, vm: () => Vm) {
    this.#tool = tool;
    this.#request = request;
    const { cwd, env, asker, hasInput } = request;
    this.#context = {
      signal: this.#controller.signal,
      stdin: hasInput ? this.#stdin() : undefined,
      write: (output) => this.#write(output),
      progress: (state) => this.#progress(state),
      ...{ cwd, env, asker },
      get vm() {
        return vm();
      },
    };
  }

  get isOver(): boolean {
    return this.#over && this.#events.length === 0;
  }

  start(): void {
    const { timeout } = this.#tool;
    if (timeout > 0) this.#timer = setTimeout(() => this.#timeOut(timeout), timeout);
    void this.#run();
  }

  /** All that has come since, at least one. */
  async next(): Promise<readonly ToolEvent[]> {
    while (this.#events.length === 0) {
      if (this.#over) return [];
      await new Promise<void>((resolve) => {
        this.#onEvent = resolve;
      });
    }
    const events = this.#events;
    this.#events = [];
    this.#waiting = 0;
    for (const resume of this.#onRoom.splice(0)) resume();
    return events;
  }

  feed(bytes: Uint8Array): void {
    this.#onInput?.(bytes);
  }

  /** The caller is gone. */
  cancel(): void {
    this.#fail("cancelled", "the call was ended");
    this.#controller.abort(new DOMException("nobody waits for it any more", "AbortError"));
  }

  async #run(): Promise<void> {
    try {
      const input = await this.#input();
      if (input === undefined || this.#over) return;
      await this.#finish(await this.#tool.definition.run(input.value as never, this.#context));
    } catch (reason) {
      this.#fail("failed", messageOf(reason));
    }
  }

  async #input(): Promise<{ readonly value: unknown } | undefined> {
    let data: unknown;
    try {
      data = parseData(this.#request.input);
    } catch (reason) {
      if (!(reason instanceof DataError)) throw reason;
      this.#fail("invalid", `the input cannot be taken: ${reason.message}`);
      return undefined;
    }
    let checked: Awaited<ReturnType<NormalTool["input"]["check"]>>;
    try {
      checked = await this.#tool.input.check(data);
    } catch (reason) {
      throw new Error(`its schema failed: ${messageOf(reason)}`);
    }
    if ("value" in checked) return checked;
    this.#fail("invalid", "the input does not fit:", checked.issues);
    return undefined;
  }

  async #finish(result: unknown): Promise<void> {
    if (isStream(result)) return this.#stream(result);
    if (result === undefined) return this.#end(Frame.NOTHING);
    const bytes = bytesOf(result);
    if (bytes) return this.#end(Frame.BYTES, this.#bounded(bytes));
    if (this.#tool.output) {
      const checked = await this.#tool.output.check(result);
      if ("issues" in checked) {
        const [first] = checked.issues;
        const where = first && first.path.length > 0 ? `${first.path.join(".")}: ` : "";
        throw new Error(`its result does not fit its schema: ${where}${first?.message ?? ""}`);
      }
    }
    if (typeof result === "string" && !this.#tool.output) {
      return this.#end(Frame.TEXT, this.#bounded(encoder.encode(result)));
    }
    this.#end(Frame.JSON, encoder.encode(dataText("result", result)));
  }

  async #stream(stream: AsyncIterable<unknown>): Promise<void> {
    for await (const piece of stream) {
      // Leaving the loop tells the iterator that it may let go.
      if (this.#over) return;
      const bytes = typeof piece === "string" ? encoder.encode(piece) : bytesOf(piece);
      if (bytes) await this.#output(bytes);
      else await this.#add(Frame.ITEM, encoder.encode(dataText("values", piece)));
    }
    this.#end(Frame.NOTHING);
  }

  async #write(output: string | Uint8Array): Promise<void> {
    const bytes = typeof output === "string" ? encoder.encode(output) : bytesOf(output);
    if (!bytes) throw new TypeError("write() takes text or bytes");
    await this.#output(bytes);
  }

  async #output(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      await this.#add(Frame.OUTPUT, bytes.slice(at, at + PIECE));
    }
  }

  #progress(state: Parameters<ToolContext["progress"]>[0]): void {
    void this.#add(Frame.PROGRESS, encoder.encode(dataText("progress", state)));
  }

  /** Resolves at once while there is room, so that a tool that writes little is not held. */
  async #add(type: FrameType, payload: Uint8Array): Promise<void> {
    if (this.#over) {
      this.#controller.signal.throwIfAborted();
      throw new DOMException("the call is over", "AbortError");
    }
    this.#push({ type, payload });
    this.#waiting += payload.length + EVENT_BYTES;
    if (this.#waiting > FLOOD) {
      this.#fail("failed", `it wrote more than ${FLOOD} bytes that nobody has read; await write()`);
      this.#controller.abort();
    }
    if (this.#waiting < ROOM) return;
    await new Promise<void>((resolve) => this.#onRoom.push(resolve));
    if (this.#over) this.#controller.signal.throwIfAborted();
  }

  #stdin(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (this.#over) return controller.close();
          const bytes = await new Promise<Uint8Array>((resolve) => {
            this.#onInput = resolve;
            this.#push({ type: Frame.WANT, payload: new Uint8Array(0) });
          });
          this.#onInput = undefined;
          if (bytes.length > 0) controller.enqueue(bytes);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  #timeOut(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    this.#fail("timeout", `it took longer than ${seconds} ${seconds === 1 ? "second" : "seconds"}`);
    this.#controller.abort(new DOMException("the tool's time is over", "TimeoutError"));
  }

  #bounded(bytes: Uint8Array): Uint8Array {
    if (bytes.length <= RESULT_MAX) return bytes;
    throw new Error(`its result has more than ${RESULT_MAX} bytes; stream it instead`);
  }

  #fail(kind: FailureKind, message: string, issues: readonly Issue[] = []): void {
    const failure: CallFailure = { kind, message, issues };
    this.#end(Frame.FAILURE, encoder.encode(JSON.stringify(failure)));
  }

  #end(type: FrameType, payload: Uint8Array = new Uint8Array(0)): void {
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#over = true;
    this.#push({ type, payload });
    // Whoever waits for input or room waits no longer.
    this.#onInput?.(new Uint8Array(0));
    for (const resume of this.#onRoom.splice(0)) resume();
  }

  #push(event: ToolEvent): void {
    this.#events.push(event);
    this.#onEvent?.();
    this.#onEvent = undefined;
  }
}

const encoder = new TextEncoder();
/** What an event counts beside its bytes. */
const EVENT_BYTES = 64;

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** A copy, for memory that is sent belongs to nobody else. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (!ArrayBuffer.isView(value)) return undefined;
  const { buffer, byteOffset, byteLength } = value;
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

function dataText(what: string, value: unknown): string {
  try {
    return formatData(value);
  } catch (reason) {
    throw new Error(`its ${what} cannot be passed on as JSON: ${messageOf(reason)}`);
  }
}

/** Never the stack, which tells of the host. */
function messageOf(reason: unknown): string {
  try {
    if (reason instanceof Error) return reason.message || reason.name;
    return typeof reason === "string" ? reason : `it threw ${String(reason)}`;
  } catch {
    return "it threw what cannot be shown";
  }
}
