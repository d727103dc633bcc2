/** `mcp-tools`: the machine's tools over MCP on standard input and output, as a program of the machine. */
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import {
  decodeUtf8,
  encodeUtf8,
  joined,
  KernelError,
  ProcessGone,
  type Sys,
} from "../../../kernel/index.ts";
import type { Caller, Tools } from "../tools/tools.ts";
import { mcpServer } from "./server.ts";

/** Characters of one message. */
const MESSAGE_MAX = 16 << 20;
const READ_SIZE = 1 << 16;
const NEWLINE = 0x0a;

/** Its exit status, at the end of input and when all that was asked is answered. */
export async function serveOnStdio(sys: Sys, tools: Tools, caller: Caller): Promise<number> {
  const transport = new StdioTransport(sys);
  const server = serveStdio(() => mcpServer(tools, () => caller), { transport });
  try {
    return await transport.ended;
  } finally {
    await server.close();
  }
}

class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #sys: Sys;
  readonly #end = Promise.withResolvers<number>();
  /** Requests whose answers are owed. */
  readonly #asked = new Set<unknown>();
  #inputOver = false;
  #isClosed = false;
  /** Messages go out one after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#end.promise.catch(() => {});
  }

  get ended(): Promise<number> {
    return this.#end.promise;
  }

  async start(): Promise<void> {
    void this.#read().catch((reason) => this.#break(reason));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const line = encodeUtf8(`${JSON.stringify(message)}\n`);
    this.#writing = this.#writing.then(() => this.#write(line));
    try {
      await this.#writing;
    } catch (reason) {
      this.#break(reason);
      return;
    }
    if (!("method" in message)) this.#asked.delete(message.id);
    this.#endIfDone();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end.resolve(0);
    this.onclose?.();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    let pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const count = await this.#sys.read(0, buffer);
      if (count === 0) break;
      let start = 0;
      for (let at = buffer.indexOf(NEWLINE); at >= 0 && at < count; ) {
        const line = joined([...pieces, buffer.slice(start, at)]);
        pieces = [];
        size = 0;
        this.#hear(decodeUtf8(line));
        start = at + 1;
        at = buffer.indexOf(NEWLINE, start);
      }
      if (start < count) pieces.push(buffer.slice(start, count));
      size += count - start;
      if (size > MESSAGE_MAX) throw new RangeError(`a message has more than ${MESSAGE_MAX} bytes`);
    }
    this.#inputOver = true;
    this.#endIfDone();
  }

  #hear(line: string): void {
    if (line.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = JSON.parse(line);
    } catch (error) {
      this.onerror?.(error as Error);
      const id = null as never;
      void this.send({ jsonrpc: "2.0", id, error: { code: -32700, message: "this is no JSON" } });
      return;
    }
    if (typeof message !== "object" || message === null) return;
    if ("method" in message && "id" in message) this.#asked.add(message.id);
    this.onmessage?.(message);
    // What was cancelled is not answered.
    if ("method" in message && message.method === "notifications/cancelled") {
      this.#asked.delete((message.params as { requestId?: unknown } | undefined)?.requestId);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += await this.#sys.write(1, bytes.subarray(done));
    }
  }

  #endIfDone(): void {
    if (this.#inputOver && this.#asked.size === 0) void this.close();
  }

  /** The process has ended, or its output has. */
  #break(reason: unknown): void {
    if (reason instanceof ProcessGone) this.#end.reject(reason);
    else if (!(reason instanceof KernelError)) this.onerror?.(reason as Error);
    this.#end.resolve(1);
    void this.close();
  }
}
