/**
 * `WS /vms/NAME/terminal?cols=&rows=`: a shell on a terminal for xterm.js and its like. Binary messages are
 * bytes of the terminal, both ways. Text messages are JSON: `{"type":"resize","cols":..,"rows":..}` from the
 * client, `{"type":"exit","exitCode":..}` at the end from the server.
 */
import { signalNumber } from "../../../../kernel/signals/numbers.ts";
import type { ExitStatus } from "../../../machine/protocol.ts";
import { badRequest } from "../../errors.ts";
import {
  CLOSE_BAD_MESSAGE,
  CLOSE_NORMAL,
  PIECE_BYTES,
  PING,
  PONG,
  SUBPROTOCOL,
} from "../../protocol.ts";
import { offeredProtocols } from "../access.ts";
import { type Check, columns, oneOf, record } from "../checks.ts";
import { Holdings } from "../holdings.ts";
import type { Connection, ServerSocket } from "../host.ts";
import { mayAnswerPing } from "../pings.ts";
import type { Route } from "../server.ts";
import { checkUpgrade } from "../sessions.ts";

const READ_BYTES = 64 << 10;
/** The screen is not read while so much of it has not left. */
const BUFFERED_MAX = 1 << 20;
const BUFFERED_PAUSE_MS = 20;
/** Keys that the program has not read; who types more into the void is cut off. */
const KEYS_MAX = 4 << 20;

interface Resize {
  readonly type: "resize";
  readonly cols: number;
  readonly rows: number;
}

const resizeMessage: Check<Resize> = record({
  type: oneOf("resize"),
  cols: columns,
  rows: columns,
});

export async function terminal({ request, url, host, name, upgrade }: Route): Promise<Response> {
  checkUpgrade(request);
  const cols = columns(numberIn(url, "cols", 80));
  const rows = columns(numberIn(url, "rows", 24));
  const holdings = new Holdings(await host.attach(name), PIECE_BYTES);
  try {
    const env = { TERM: url.searchParams.get("term") ?? "xterm-256color" };
    const argv = ["/bin/bash", "-l"];
    const common = { argv, argv0: "bash", env, cwd: undefined, user: undefined };
    const started = await holdings.openTerminal({ ...common, cols, rows });
    // A browser that offers a protocol, its token, expects one in the answer.
    const protocol = offeredProtocols(request).includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
    return upgrade((socket) => new TerminalConnection(socket, holdings, started), protocol);
  } catch (reason) {
    await holdings.release();
    throw reason;
  }
}

class TerminalConnection implements Connection {
  readonly #socket: ServerSocket;
  readonly #holdings: Holdings;
  readonly #master: number;
  #waitingBytes = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    socket: ServerSocket,
    holdings: Holdings,
    { master, child }: { master: number; child: number },
  ) {
    this.#socket = socket;
    this.#holdings = holdings;
    this.#master = master;
    void this.#show(child);
  }

  message(data: string | ArrayBuffer | Uint8Array): void {
    if (data === PING) {
      if (mayAnswerPing(this.#socket)) this.#socket.send(PONG);
    } else if (typeof data === "string") this.#control(data);
    else this.#queue(data instanceof Uint8Array ? data.slice() : new Uint8Array(data));
  }

  closed(): void {
    this.#closed = true;
    void this.#holdings.release();
  }

  /** A terminal's processes do not outlive the memory of their host. */
  attachment(): never {
    throw new Error("a terminal cannot be restored");
  }

  #queue(keys: Uint8Array): void {
    this.#waitingBytes += keys.length;
    if (this.#waitingBytes > KEYS_MAX) this.#refuse("too many keys at once");
    else this.#lastWrite = this.#lastWrite.then(() => this.#type(keys));
  }

  async #type(keys: Uint8Array): Promise<void> {
    for (let at = 0; at < keys.length; at += PIECE_BYTES) {
      const piece = keys.slice(at, at + PIECE_BYTES);
      await this.#holdings.using("machine", "writeStream", [this.#master, piece]).catch(() => {});
    }
    this.#waitingBytes -= keys.length;
  }

  #control(text: string): void {
    try {
      const { cols, rows } = resizeMessage(JSON.parse(text));
      const resized = this.#holdings.using("machine", "resize", [this.#master, cols, rows]);
      resized.catch(() => {});
    } catch (error) {
      this.#refuse(`a text message is JSON such as {"type":"resize"}: ${(error as Error).message}`);
    }
  }

  /** Passes the screen on, no faster than the client takes it, and the end of the program. */
  async #show(child: number): Promise<void> {
    const exit = this.#holdings.exit(child);
    exit.catch(() => {});
    try {
      while (!this.#closed) {
        const args: [number, number] = [this.#master, READ_BYTES];
        const piece = await this.#holdings.using("machine", "readStream", args);
        if (piece.length === 0) break;
        this.#socket.send(piece);
        await this.#caughtUp();
      }
      const { exitCode, signal } = exitOf(await exit);
      if (this.#closed) return;
      this.#socket.send(JSON.stringify({ type: "exit", exitCode, signal }));
      this.#socket.close(CLOSE_NORMAL, "the program ended");
    } catch {
      if (!this.#closed) this.#socket.close(1011, "the machine is switched off");
    } finally {
      await this.#holdings.release();
    }
  }

  async #caughtUp(): Promise<void> {
    while (!this.#closed && (this.#socket.bufferedAmount ?? 0) > BUFFERED_MAX) {
      await new Promise((resolve) => setTimeout(resolve, BUFFERED_PAUSE_MS));
    }
  }

  #refuse(reason: string): void {
    // A close reason has 123 bytes at most.
    this.#socket.close(CLOSE_BAD_MESSAGE, reason.slice(0, 100));
    this.closed();
  }
}

function exitOf({ code, signal }: ExitStatus) {
  return { exitCode: code ?? 128 + (signalNumber(signal ?? "") ?? 0), signal: signal ?? null };
}

function numberIn(url: URL, name: string, otherwise: number): number {
  const given = url.searchParams.get(name);
  if (given === null || given === "") return otherwise;
  if (!/^\d{1,5}$/.test(given)) throw badRequest(`${name} must be a number of characters`);
  return Number(given);
}
