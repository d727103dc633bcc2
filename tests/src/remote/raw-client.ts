/** A WebSocket that speaks the protocol by hand, as a hostile client would. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { encodeFrame, FrameKind } from "../../../src/remote/frames.ts";
import { type Hello, SUBPROTOCOL, TOKEN_PROTOCOL_PREFIX } from "../../../src/remote/protocol.ts";
import { decodeValue, encodeValue } from "../../../src/remote/values.ts";
import { TOKEN } from "./server.ts";

export class RawClient {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  hello: Hello | undefined;
  readonly #answers = new Map<number, (answer: [string, unknown]) => void>();
  readonly #parts: Uint8Array[] = [];
  #received = 0;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, "close").then(([code, reason]) => ({ code, reason: `${reason}` }));
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, binary) => {
      if (binary) this.#frame(data);
      else if (`${data}`.startsWith("{")) this.hello = JSON.parse(`${data}`);
    });
  }

  static async open(url: string, path: string): Promise<RawClient> {
    const socket = new WebSocket(url.replace("http", "ws") + path, [
      SUBPROTOCOL,
      TOKEN_PROTOCOL_PREFIX + TOKEN,
    ]);
    const client = new RawClient(socket);
    await once(socket, "open");
    return client;
  }

  /** The answer to any value as a message. */
  ask(message: unknown): Promise<[string, unknown]> {
    return this.askBytes(encodeValue(message));
  }

  request(part: unknown, name: unknown, ...args: unknown[]): Promise<[string, unknown]> {
    return this.ask(["request", part, name, args]);
  }

  askBytes(payload: Uint8Array): Promise<[string, unknown]> {
    const id = ++this.#lastId;
    const answer = new Promise<[string, unknown]>((resolve) => this.#answers.set(id, resolve));
    for (let at = 0; at === 0 || at < payload.length; at += 200_000) {
      const last = at + 200_000 >= payload.length;
      this.send(last ? FrameKind.LAST : FrameKind.PART, id, payload.subarray(at, at + 200_000));
    }
    return answer;
  }

  send(kind: number, message: number, payload: Uint8Array): void {
    this.socket.send(encodeFrame({ kind, acknowledged: this.#received, message, payload }));
  }

  #frame(data: Buffer): void {
    if (data[0] === FrameKind.ACKNOWLEDGEMENT) return;
    this.#received++;
    this.#parts.push(data.subarray(9));
    if (data[0] !== FrameKind.LAST) return;
    const answer = decodeValue(Buffer.concat(this.#parts.splice(0)), 1 << 24);
    this.#answers.get(data.readUint32BE(5))?.(answer as [string, unknown]);
  }
}
