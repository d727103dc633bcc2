/** One call of a tool, over its socket, as a program of the machine makes it. */
import {
  AF_UNIX,
  encodeUtf8,
  KernelError,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  type Sys,
} from "../../../kernel/index.ts";
import {
  type CallRequest,
  Frame,
  FrameReader,
  type FrameType,
  frame,
  RESULT_MAX,
  TOOL_SOCKET,
} from "./frames.ts";

export interface ToolFrame {
  readonly type: number;
  readonly payload: Uint8Array;
}

export class ToolConnection {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #frames = new FrameReader(RESULT_MAX);
  readonly #buffer = new Uint8Array(READ_SIZE);

  private constructor(sys: Sys, fd: number) {
    this.#sys = sys;
    this.#fd = fd;
  }

  /** Throws a KernelError: ECONNREFUSED where the machine has no tools. */
  static async begin(sys: Sys, request: CallRequest): Promise<ToolConnection> {
    const fd = await sys.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const address = encodeUtf8(TOOL_SOCKET);
    await sys.connect(fd, { family: AF_UNIX, address, port: 0, scope: 0 });
    const connection = new ToolConnection(sys, fd);
    await connection.#send(frame(Frame.CALL, JSON.stringify(request)));
    return connection;
  }

  /** Undefined where the machine ended the call without a word. */
  async next(): Promise<ToolFrame | undefined> {
    while (true) {
      const found = this.#frames.next();
      if (found) return found;
      const count = await this.#sys.read(this.#fd, this.#buffer);
      if (count === 0) return undefined;
      this.#frames.push(this.#buffer.slice(0, count));
    }
  }

  /** Sends what descriptor `fd` has next, once. */
  async feedFrom(fd: number): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      const count = await this.#sys.read(fd, buffer);
      await this.#send(frame(Frame.INPUT as FrameType, buffer.subarray(0, count)));
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      await this.#send(frame(Frame.INPUT));
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += await this.#sys.write(this.#fd, bytes.subarray(done));
    }
  }
}

const READ_SIZE = 1 << 16;
