/**
 * A machine of a server as a KernelThread, so that `Vm` and all that it gives work on it unchanged. Large
 * pieces are cut to what a request may hold, and put together again.
 */
import { IsopodError } from "../../errors.ts";
import type {
  FetchRequest,
  PreviewAddress,
  PreviewRequest,
} from "../../machine/network/protocol.ts";
import type { RunRequest } from "../../machine/protocol.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import { PIECE_BYTES } from "../protocol.ts";
import { ClientSession } from "./session.ts";
import { answerOf, type Transport } from "./transport.ts";

/** Of the machine that was connected to; forks get the next ones. */
export const MACHINE_ID = 1;

type Ask = (part: string, name: string, args: readonly unknown[]) => Promise<unknown>;

interface Remote {
  readonly name: string;
  readonly session: ClientSession;
  listener: ((lines: string[]) => void) | undefined;
}

export class RemoteThread implements KernelThread {
  readonly #transport: Transport;
  /** A session has one machine; the number stands for it. */
  readonly #machines = new Map<number, Remote>();
  #lastId = 0;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Resolves when the machine is there. */
  static async connect(transport: Transport, name: string): Promise<RemoteThread> {
    const thread = new RemoteThread(transport);
    await thread.#open(name);
    return thread;
  }

  create(): Promise<number> {
    throw new Error("a remote machine is made by its server");
  }

  request: KernelThread["request"] = (id, part, name, args) => {
    const ask: Ask = (...request) => this.#find(id).session.request(["request", ...request]);
    const operation = `${part}.${name}`;
    if (operation === "network.preview") return this.#preview(id, args) as never;
    if (operation === "machine.fork") return this.#fork(ask, args) as never;
    const inPieces = Object.hasOwn(IN_PIECES, operation) ? IN_PIECES[operation] : undefined;
    return (inPieces ? inPieces(ask, args as never) : ask(part, name, args)) as never;
  };

  trace: KernelThread["trace"] = async (id, listener) => {
    const machine = this.#find(id);
    if (listener) machine.listener = listener;
    await machine.session.request(["trace", listener !== undefined]);
    if (!listener) machine.listener = undefined;
  };

  /** Lets go of the machine, and of what we held in it; the server keeps it. */
  dispose: KernelThread["dispose"] = async (id) => {
    const machine = this.#machines.get(id);
    this.#machines.delete(id);
    await machine?.session.close();
  };

  /** The server makes the fork, under a name; it is one more machine of ours. */
  async #fork(ask: Ask, args: readonly unknown[]): Promise<number> {
    return this.#open((await ask("machine", "fork", args)) as string);
  }

  /** Asked of the server, not of the machine. */
  async #preview(id: number, [port, options]: readonly unknown[]): Promise<PreviewAddress> {
    const path = `/vms/${encodeURIComponent(this.#find(id).name)}/previews`;
    const response = await this.#transport.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ port, ...(options as PreviewRequest) }),
    });
    const made = (await answerOf(response)) as Omit<PreviewAddress, "pathUrl"> & { path: string };
    const { url, path: below, expires } = made;
    return { url, pathUrl: this.#transport.address + below, expires };
  }

  async #open(name: string): Promise<number> {
    const path = `/vms/${encodeURIComponent(name)}/rpc`;
    const session = new ClientSession(this.#transport, path, (lines) => machine.listener?.(lines));
    const machine: Remote = { name, session, listener: undefined };
    await session.connect();
    this.#machines.set(++this.#lastId, machine);
    return this.#lastId;
  }

  #find(id: number): Remote {
    const machine = this.#machines.get(id);
    if (machine) return machine;
    throw new IsopodError("ERR_VM_DISPOSED", "the machine was disposed of");
  }
}

const IN_PIECES: Readonly<Record<string, (ask: Ask, args: never) => Promise<unknown>>> = {
  "machine.run": run,
  "machine.feed": feed,
  "machine.writeStream": writeStream,
  "network.fetch": fetch,
  "network.sendBody": sendBody,
  "files.write": write,
  "files.read": read,
};

/** Much input goes in beside the command, as through a pipe. */
async function run(ask: Ask, [request]: [RunRequest]): Promise<unknown> {
  const { stdin, token } = request;
  if (!(stdin instanceof Uint8Array) || stdin.length <= PIECE_BYTES) {
    return ask("machine", "run", [request]);
  }
  const running = ask("machine", "run", [{ ...request, stdin: "pipe" }]);
  const feeding = feed(ask, [token, stdin]).then(() => ask("machine", "endInput", [token]));
  // Where the command cannot be run it says so itself.
  feeding.catch(() => {});
  return running;
}

async function feed(ask: Ask, [token, bytes]: [number, Uint8Array]): Promise<boolean> {
  for (const piece of pieces(bytes)) {
    if (!(await ask("machine", "feed", [token, piece]))) return false;
  }
  return true;
}

/** A large body goes beside its request. */
async function fetch(ask: Ask, [request]: [FetchRequest]): Promise<unknown> {
  const { body, token } = request;
  if (!(body instanceof Uint8Array) || body.length <= PIECE_BYTES) {
    return ask("network", "fetch", [request]);
  }
  const asking = ask("network", "fetch", [{ ...request, body: "pieces", length: body.length }]);
  const sending = sendBody(ask, [token, body]).then(() => ask("network", "endBody", [token]));
  // The answer says what became of it.
  sending.catch(() => {});
  return asking;
}

async function sendBody(ask: Ask, [token, bytes]: [number, Uint8Array]): Promise<boolean> {
  for (const piece of pieces(bytes)) {
    if (!(await ask("network", "sendBody", [token, piece]))) return false;
  }
  return true;
}

async function writeStream(ask: Ask, [fd, bytes]: [number, Uint8Array]): Promise<void> {
  for (const piece of pieces(bytes)) await ask("machine", "writeStream", [fd, piece]);
}

async function write(
  ask: Ask,
  [fd, bytes, position]: [number, Uint8Array, number | null],
): Promise<number> {
  let done = 0;
  for (const piece of pieces(bytes)) {
    await ask("files", "write", [fd, piece, position === null ? null : position + done]);
    done += piece.length;
  }
  return done;
}

/** As much as is there, up to `length`: a file gives all of it, what gives less is at its end or a pipe. */
async function read(
  ask: Ask,
  [fd, length, position]: [number, number, number | null],
): Promise<Uint8Array> {
  if (length <= PIECE_BYTES)
    return (await ask("files", "read", [fd, length, position])) as Uint8Array;
  const target = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const wanted = Math.min(PIECE_BYTES, length - done);
    const at = position === null ? null : position + done;
    const piece = (await ask("files", "read", [fd, wanted, at])) as Uint8Array;
    target.set(piece, done);
    done += piece.length;
    if (piece.length < wanted) break;
  }
  return done === length ? target : target.slice(0, done);
}

/** At least one, so that an empty write is one too. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  do {
    yield bytes.subarray(at, at + PIECE_BYTES);
    at += PIECE_BYTES;
  } while (at < bytes.length);
}
