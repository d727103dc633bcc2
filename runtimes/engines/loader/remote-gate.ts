/**
 * A process's gate as its guest has it in another Worker: each call is a message, so each one waits, and
 * the inline engine's way to suspend a program carries it.
 */
import { type Definition, out, Reader, syscalls, Writer } from "../../../kernel/abi.ts";
import {
  type Gate,
  KernelError,
  ProcessGone,
  Restart,
  type SyscallName,
} from "../../../kernel/index.ts";
import {
  GONE,
  type GuestCalls,
  type GuestJob,
  MESSAGE_MAX,
  RESTART,
  type Reply,
  TRANSFER_MAX,
} from "./protocol.ts";

/** What the inline engine's run and client use of a gate. */
type GuestGate = Pick<Gate, "closed" | "signalsPending" | "invoke" | "die" | "charge">;

export class RemoteGate implements GuestGate {
  readonly process: Pick<GuestJob, "pid" | "argv" | "envp">;
  readonly kernel: {
    flagsVersion: number;
    milliseconds(): number;
    readonly host: { readonly scheduler: { yield(): Promise<void> } };
  };
  closed = false;
  signalsPending = false;
  #sliceEnd = Date.now() + SLICE_MS;
  readonly #calls: GuestCalls;
  readonly #writer = new Writer(new Uint8Array(MESSAGE_MAX));

  constructor({ pid, argv, envp }: GuestJob, calls: GuestCalls) {
    this.process = { pid, argv, envp };
    this.#calls = calls;
    this.kernel = {
      flagsVersion: 0,
      milliseconds: () => Date.now(),
      host: {
        scheduler: { yield: () => new Promise((resolve) => setTimeout(() => resolve(), 0)) },
      },
    };
  }

  invoke(name: SyscallName, args: readonly unknown[]): Promise<unknown> {
    const definition = syscalls[name] as unknown as Definition;
    const { parameters } = definition;
    const outIndex = parameters.findIndex(({ codec }) => codec === (out as unknown));
    this.#writer.at = 0;
    for (let i = 0; i < parameters.length; i++) {
      parameters[i]?.codec.write(this.#writer, shortened(name, args[i]));
    }
    const message = this.#writer.bytes.slice(0, this.#writer.at);
    return this.#ask(definition, message, args[outIndex] as Uint8Array | undefined);
  }

  die(signal: number): void {
    this.closed = true;
    void this.#calls.die(signal);
  }

  /** The kernel's clock does not see what is computed here. */
  charge(): void {}

  async #ask(
    { number, result }: Definition,
    message: Uint8Array,
    target: Uint8Array | undefined,
  ): Promise<unknown> {
    const reply = await this.#carry(number, message);
    const { error, body, bodyBytes } = reply;
    this.signalsPending = reply.signals;
    this.kernel.flagsVersion = reply.flagsVersion;
    if (error === GONE) {
      this.closed = true;
      throw new ProcessGone();
    }
    if (error === RESTART) throw new Restart();
    if (error !== 0) throw new KernelError(error as never);
    target?.set(body.subarray(bodyBytes));
    return result.read(new Reader(body, 0, bodyBytes, NOTHING));
  }

  /** Messages that follow each other would keep workerd's loop from its timers and sockets. */
  async #giveWay(): Promise<void> {
    if (Date.now() < this.#sliceEnd) return;
    await this.kernel.host.scheduler.yield();
    this.#sliceEnd = Date.now() + SLICE_MS;
  }

  /** A machine that is gone has no process any more. */
  async #carry(number: number, message: Uint8Array): Promise<Reply> {
    try {
      const reply = await this.#calls.call(number, message);
      await this.#giveWay();
      return reply;
    } catch {
      this.closed = true;
      throw new ProcessGone();
    }
  }
}

/** Milliseconds of calls in a row after which the host's loop gets a turn. */
const SLICE_MS = 5;
const NOTHING = new Uint8Array(0);

/** Writes may be partial; everything else has bounds of its own. */
function shortened(name: SyscallName, value: unknown): unknown {
  if (!(value instanceof Uint8Array) || !name.includes("write")) return value;
  return value.length > TRANSFER_MAX ? value.subarray(0, TRANSFER_MAX) : value;
}
