/**
 * `isopod:tools`, a builtin of Node programs: the embedder's tools as functions. It stands beside lib/'s
 * own modules and is compiled as they are, so what runs is the text of `main`, which refers to nothing
 * outside of itself. Each call is a connection (runtimes/programs/tools/frames.ts).
 */

interface ToolModule {
  exports: unknown;
}
type Builtin = (id: string) => never;

interface CallOptions {
  signal?: AbortSignal;
  stdin?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  encoding?: "utf8" | "buffer";
}

interface ToolFrame {
  type: string;
  payload: Buffer;
}

function main(module: ToolModule, builtin: Builtin): void {
  const { readFileSync } = builtin("fs") as typeof import("node:fs");
  const { Buffer } = builtin("buffer") as typeof import("node:buffer");
  const { TextDecoder } = builtin("util") as typeof import("node:util");
  const SPECS = "/usr/local/lib/isopod/tools.json";
  const SOCKET = "\0isopod/tools";
  const HEADER = 5;

  class ToolError extends Error {
    readonly code: string;
    readonly issues: unknown;

    constructor(name: string, failure: { kind: string; message: string; issues: Issue[] }) {
      const lines = failure.issues.map(({ path, message }) =>
        path.length > 0 ? `\n  ${path.join(".")}: ${message}` : `\n  ${message}`,
      );
      super(`${name}: ${failure.message}${lines.join("")}`);
      this.name = "ToolError";
      this.code = `ERR_TOOL_${failure.kind.toUpperCase()}`;
      this.issues = failure.issues;
    }
  }

  interface Issue {
    path: (string | number)[];
    message: string;
  }

  const tools: Record<string, unknown> = {};
  for (const name of names()) {
    const path = name.split(".");
    let at = tools;
    for (const group of path.slice(0, -1)) {
      at[group] ??= {};
      at = at[group] as Record<string, unknown>;
    }
    at[path.at(-1) as string] = makeTool(name);
  }
  module.exports = tools;

  function names(): string[] {
    try {
      const specs = JSON.parse(readFileSync(SPECS, "utf8")) as { name: string }[];
      return specs.map((spec) => spec.name);
    } catch (error) {
      // A machine without tools.
      if ((error as { code?: string }).code === "ENOENT") return [];
      throw error;
    }
  }

  function makeTool(name: string): unknown {
    const call = (input?: unknown, options?: CallOptions) => run(name, input, options);
    Object.defineProperty(call, "name", { value: name });
    const stream = (input?: unknown, options?: CallOptions) => pieces(name, input, options);
    return Object.assign(call, { stream });
  }

  async function run(name: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    const items: unknown[] = [];
    const output: Buffer[] = [];
    for await (const { type, payload } of frames(name, input, options)) {
      if (type === "o") output.push(payload);
      else if (type === "v") items.push(JSON.parse(payload.toString()));
      else if (type === "n") break;
      else return resultOf(type, payload);
    }
    if (items.length > 0) return items;
    return output.length > 0 ? textOrBytes(Buffer.concat(output), options) : undefined;
  }

  async function* pieces(name: string, input: unknown, options: CallOptions = {}) {
    const decoder = new TextDecoder();
    for await (const { type, payload } of frames(name, input, options)) {
      if (type === "v") yield JSON.parse(payload.toString());
      else if (type === "o") {
        const piece =
          options.encoding === "buffer"
            ? bytes(payload)
            : decoder.decode(payload, { stream: true });
        if (piece.length > 0) yield piece;
      } else if (type !== "n" && type !== "p") yield resultOf(type, payload);
    }
  }

  /** What a call brings, to its end; leaving the loop ends the call. */
  async function* frames(
    name: string,
    input: unknown,
    { signal, stdin }: CallOptions,
  ): AsyncGenerator<ToolFrame, void, undefined> {
    const { connect } = builtin("net") as typeof import("node:net");
    signal?.throwIfAborted();
    const request = { name, input: JSON.stringify(input ?? {}), hasInput: stdin !== undefined };
    const socket = connect({ path: SOCKET });
    const abort = () => socket.destroy(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    socket.write(frame("c", Buffer.from(JSON.stringify(request))));
    const source = stdin === undefined ? undefined : sourceOf(stdin);
    let rest = Buffer.alloc(0);
    try {
      for await (const chunk of socket) {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        while (rest.length >= HEADER) {
          const end = HEADER + rest.readUInt32LE(1);
          if (rest.length < end) break;
          const type = String.fromCharCode(rest[0] as number);
          const payload = rest.subarray(HEADER, end);
          rest = rest.subarray(end);
          if (type === "f") throw new ToolError(name, JSON.parse(payload.toString()));
          if (type === "w") void feed(source, socket);
          else yield { type, payload };
          if ("jtbn".includes(type)) return;
        }
      }
      signal?.throwIfAborted();
      throw new Error(`${name}: the call was cut off`);
    } catch (error) {
      if ((error as { code?: string }).code !== "ECONNREFUSED") throw error;
      throw new Error(`${name}: nobody answers calls of tools in this machine`);
    } finally {
      signal?.removeEventListener("abort", abort);
      socket.destroy();
    }
  }

  async function feed(
    source: AsyncIterator<string | Uint8Array> | undefined,
    socket: { write(bytes: Uint8Array): unknown; destroy(error: Error): unknown },
  ): Promise<void> {
    try {
      const { done, value } = (await source?.next()) ?? { done: true, value: "" };
      socket.write(frame("i", Buffer.from(done ? "" : (value as string))));
    } catch (error) {
      socket.destroy(error as Error);
    }
  }

  async function* sourceOf(stdin: NonNullable<CallOptions["stdin"]>) {
    if (typeof stdin === "string" || ArrayBuffer.isView(stdin)) yield stdin;
    else yield* stdin;
  }

  function resultOf(type: string, payload: Buffer): unknown {
    if (type === "j") return JSON.parse(payload.toString());
    return type === "t" ? payload.toString() : bytes(payload);
  }

  function textOrBytes(whole: Buffer, { encoding }: CallOptions): unknown {
    if (encoding === "buffer") return bytes(whole);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(whole);
    } catch {
      return bytes(whole);
    }
  }

  function bytes(payload: Buffer): Uint8Array {
    return new Uint8Array(payload);
  }

  function frame(type: string, payload: Buffer): Buffer {
    const head = Buffer.alloc(HEADER);
    head[0] = type.charCodeAt(0);
    head.writeUInt32LE(payload.length, 1);
    return Buffer.concat([head, payload]);
  }
}

/** By the module's id: text for lib/'s loader, which calls it with these parameters. */
export const toolsModule: Readonly<Record<string, string>> = {
  "isopod:tools": `'use strict';\n(${main})(module, require);\n`,
};
