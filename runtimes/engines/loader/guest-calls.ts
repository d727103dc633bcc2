/**
 * The kernel's end of one guest: takes its calls, carries them through the process's gate, and answers.
 * What comes from there is checked by the codecs, as from every guest.
 */
import { RpcTarget } from "cloudflare:workers";
import { type Definition, out, Reader, syscallsByNumber, Writer } from "../../../kernel/abi.ts";
import { Errno, type Gate, KernelError, ProcessGone, Restart } from "../../../kernel/index.ts";
import {
  GONE,
  type GuestCalls,
  MESSAGE_MAX,
  RESTART,
  type Reply,
  TRANSFER_MAX,
} from "./protocol.ts";

export class GuestCallsTarget extends RpcTarget implements GuestCalls {
  readonly #gate: Gate;
  readonly #onFault: (reason: unknown) => void;
  /** Pages that no call touches cost nothing. */
  readonly #writer = new Writer(new Uint8Array(MESSAGE_MAX));
  readonly #scratch = new Uint8Array(TRANSFER_MAX);

  constructor(gate: Gate, onFault: (reason: unknown) => void) {
    super();
    this.#gate = gate;
    this.#onFault = onFault;
  }

  async call(number: number, args: Uint8Array): Promise<Reply> {
    const entry = syscallsByNumber[number];
    if (!entry || !(args instanceof Uint8Array)) return this.#reply(Errno.ENOSYS);
    const { name, definition } = entry;
    try {
      const values = this.#decode(definition, args);
      const result = await this.#gate.invoke(name, values, true);
      return this.#success(definition, values, result);
    } catch (reason) {
      return this.#reply(this.#errorOf(reason));
    }
  }

  async die(signal: number): Promise<void> {
    this.#gate.die(signal);
  }

  #decode({ parameters }: Definition, args: Uint8Array): unknown[] {
    const reader = new Reader(args, 0, args.length, this.#scratch);
    return parameters.map(({ codec }) => codec.read(reader));
  }

  #success({ parameters, result: codec }: Definition, values: unknown[], result: unknown): Reply {
    const writer = this.#writer;
    writer.at = 0;
    codec.write(writer, result);
    const bodyBytes = writer.at;
    const index = parameters.findIndex((parameter) => parameter.codec === (out as unknown));
    if (index >= 0) {
      const filled = (values[index] as Uint8Array).subarray(0, result as number);
      writer.bytes.set(filled, writer.take(filled.length));
    }
    return this.#reply(0, writer.bytes.slice(0, writer.at), bodyBytes);
  }

  #reply(error: number, body = new Uint8Array(0), bodyBytes = 0): Reply {
    const { signalsPending, kernel } = this.#gate;
    const { flagsVersion } = kernel;
    return { error, body, bodyBytes, signals: signalsPending, flagsVersion };
  }

  #errorOf(reason: unknown): number {
    if (reason instanceof KernelError) return reason.errno;
    if (reason instanceof Restart) return RESTART;
    if (reason instanceof ProcessGone) return GONE;
    this.#onFault(reason);
    return Errno.EIO;
  }
}
