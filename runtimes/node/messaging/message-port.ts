/**
 * MessagePort as `lib/` extends it: it puts other prototypes under this class, so that nothing here may
 * rely on inheritance. What a port is lies beside it (PortState).
 */
import { AsyncWrap } from "../async-wrap.ts";
import type { Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { LoopHandle } from "../loop/event-loop.ts";
import { deserialize, serialize, TRANSFER, type TransferData } from "./message.ts";
import type { Delivery, PortEnd } from "./port-link.ts";

/** Messages of one turn, so that ports which answer each other leave the loop a turn. */
const MESSAGES_MAX = 1000;

export interface Ports {
  readonly MessagePort: new () => object;
  create(end: PortEnd): object;
  isPort(value: object): boolean;
  /** Node's functions of ports; each throws for what is no port. */
  start(port: object): void;
  stop(port: object): void;
  drain(port: object): void;
  /** The next message, or `none`. */
  receive(port: object): unknown;
  /** How what a port does is done for another thread: takes its end from it. */
  detach(port: object): PortEnd;
}

export function makePorts(env: Environment, makeRemote: RemoteMaker): Ports {
  const states = new WeakMap<object, PortState>();
  const inner = Symbol("inner");

  /** No class: Node's can be called, and refuses that as it refuses `new`. */
  function MessagePort(token?: unknown): void {
    if (token !== inner) {
      throw codedError(TypeError, "ERR_CONSTRUCT_CALL_INVALID", "Constructor cannot be called");
    }
  }

  class Methods {
    postMessage(...args: unknown[]): boolean | undefined {
      if (args.length === 0) {
        throw codedError(
          TypeError,
          "ERR_MISSING_ARGS",
          "Not enough arguments to MessagePort.postMessage",
        );
      }
      const transfer = transferListOf(args[1]);
      const state = stateOf(this);
      const message = serialize(env, args[0], transfer, isPort, this);
      if (state.isDetached || state.end.closed) return undefined;
      for (const data of message.transferables) {
        if (data.kind === "port" && state.end.peers.has((data as PortTransfer).end)) {
          // It would hold itself open for ever.
          (env.process["emitWarning"] as (text: string) => void)(
            "The target port was posted to itself, and the communication channel was lost",
          );
          state.close();
          return undefined;
        }
      }
      state.end.post(message);
      return true;
    }

    start(): void {
      stateOf(this).start();
    }

    close(): void {
      stateOf(this).close();
    }

    drain(): void {
      stateOf(this).drain();
    }

    ref(): void {
      stateOf(this).handle.ref();
    }

    unref(): void {
      stateOf(this).handle.unref();
    }

    hasRef(): boolean | undefined {
      const state = stateOf(this);
      return state.end.closed || state.isDetached ? undefined : state.handle.referenced;
    }

    get isDetached(): boolean {
      const state = states.get(this);
      return state !== undefined && (state.isDetached || state.end.closed);
    }
  }
  for (const name of Reflect.ownKeys(Methods.prototype)) {
    if (name === "constructor") continue;
    const descriptor = Object.getOwnPropertyDescriptor(Methods.prototype, name);
    Object.defineProperty(MessagePort.prototype, name, descriptor as PropertyDescriptor);
  }
  Object.defineProperty(MessagePort.prototype, TRANSFER, {
    value: function transfer(this: object): TransferData {
      const end = detach(this);
      return portTransfer(end, create, makeRemote);
    },
  });

  function create(end: PortEnd): object {
    const port = Reflect.construct(MessagePort, [inner]) as unknown as Record<symbol, () => void>;
    const state = new PortState(env, port, end, isPort);
    states.set(port, state);
    port[env.symbols.oninit]?.();
    return port;
  }

  function isPort(value: object): boolean {
    return states.has(value);
  }

  function stateOf(port: object): PortState {
    const state = states.get(port);
    if (!state) throw new TypeError("Illegal invocation");
    return state;
  }

  function detach(port: object): PortEnd {
    const state = stateOf(port);
    state.isDetached = true;
    state.stop();
    state.handle.active = false;
    state.end.onDelivery = undefined;
    return state.end;
  }

  return {
    MessagePort: MessagePort as unknown as new () => object,
    create,
    isPort,
    start: (port) => stateOf(port).start(),
    stop: (port) => states.get(port)?.stop(),
    drain: (port) => states.get(port)?.drain(),
    receive(port) {
      const state = states.get(port);
      if (!state) {
        throw codedError(
          TypeError,
          "ERR_INVALID_ARG_TYPE",
          'The "port" argument must be a MessagePort instance',
        );
      }
      return state.receive();
    },
    detach,
  };
}

/** Turns an end into one whose other end is in another thread: its descriptor there. */
export type RemoteMaker = (end: PortEnd) => { fd: number; early: Uint8Array };

export interface PortTransfer extends TransferData {
  readonly end: PortEnd;
  /** Called when the message goes to another thread: what the other end is reached by. */
  leave(): { fd: number; early: Uint8Array };
}

function portTransfer(
  end: PortEnd,
  create: (end: PortEnd) => object,
  makeRemote: RemoteMaker,
): PortTransfer {
  return {
    kind: "port",
    end,
    revive: () => create(end),
    leave: () => makeRemote(end),
  };
}

function transferListOf(given: unknown): readonly unknown[] {
  if (given === undefined || given === null) return [];
  if (typeof given !== "object") {
    throw codedError(
      TypeError,
      "ERR_INVALID_ARG_TYPE",
      "Optional transferList argument must be an iterable",
    );
  }
  if (Symbol.iterator in given) {
    return listOf(given, "Optional transferList argument must be an iterable");
  }
  const { transfer } = given as { transfer?: unknown };
  if (transfer === undefined) return [];
  return listOf(transfer, "Optional options.transfer argument must be an iterable");
}

function listOf(given: unknown, message: string): readonly unknown[] {
  try {
    return [...(given as Iterable<unknown>)];
  } catch {
    throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", message);
  }
}

class PortState {
  readonly handle: LoopHandle;
  readonly end: PortEnd;
  isDetached = false;
  readonly #env: Environment;
  readonly #port: object;
  readonly #isPort: (value: object) => boolean;
  readonly #wrap: AsyncWrap;
  #receiving = false;
  #scheduled = false;
  #isClosing = false;

  constructor(env: Environment, port: object, end: PortEnd, isPort: (value: object) => boolean) {
    this.#env = env;
    this.#port = port;
    this.#isPort = isPort;
    this.#wrap = new AsyncWrap(env, "MESSAGEPORT", false);
    this.#wrap.asyncReset(port);
    this.end = end;
    this.handle = new LoopHandle(env.loop);
    this.handle.active = true;
    end.onDelivery = () => this.#schedule();
    if (end.queue.length > 0) this.#schedule();
  }

  start(): void {
    if (this.#receiving || this.isDetached) return;
    this.#receiving = true;
    this.end.wire?.listen(true);
    this.#schedule();
  }

  stop(): void {
    this.#receiving = false;
  }

  close(): void {
    if (this.#isClosing || this.isDetached) return;
    this.#isClosing = true;
    this.end.close();
    this.handle.active = false;
    this.#env.loop.close(() => {
      const { handle_onclose } = this.#env.symbols;
      const onclose = (this.#port as Record<symbol, (() => void) | undefined>)[handle_onclose];
      if (onclose)
        this.#env.runCallback(this.#port, this.#wrap.asyncId, () => onclose.call(this.#port));
    });
  }

  /** Delivers all that is there, now. */
  drain(): void {
    this.end.wire?.poll();
    this.#process(Number.POSITIVE_INFINITY);
  }

  receive(): unknown {
    this.end.wire?.poll();
    const next = this.end.queue[0];
    if (next === undefined || next === "close") {
      if (next === "close") this.close();
      return this.#env.symbols.no_message_symbol;
    }
    this.end.queue.shift();
    return deserialize(this.#env, next, this.#isPort).value;
  }

  #schedule(): void {
    if (this.#scheduled || this.end.queue.length === 0) return;
    // A port that nobody listens to still hears that it was closed.
    if (this.#isClosing || (!this.#receiving && this.end.queue[0] !== "close")) return;
    this.#scheduled = true;
    this.#env.loop.post(() => {
      this.#scheduled = false;
      this.#process(Math.max(this.end.queue.length, MESSAGES_MAX));
    });
  }

  #process(limit: number): void {
    for (let i = 0; i < limit; i++) {
      const next = this.end.queue[0];
      // What had come before it was closed is delivered all the same.
      if (next === undefined || this.isDetached) return;
      if (next !== "close" && !this.#receiving) return;
      this.end.queue.shift();
      if (next === "close") this.close();
      else this.#emit(next);
    }
    this.#schedule();
  }

  #emit(delivery: Exclude<Delivery, "close">): void {
    const env = this.#env;
    const { emitMessage } = env.internalBinding<{ emitMessage: EmitMessage }>("messaging");
    env.runCallback(this.#port, this.#wrap.asyncId, () => {
      let value: unknown;
      let ports: readonly object[] = [];
      let type = "message";
      try {
        ({ value, ports } = deserialize(env, delivery, this.#isPort));
      } catch (error) {
        value = error;
        type = "messageerror";
      }
      emitMessage.call(this.#port, value, ports, type);
    });
  }
}

type EmitMessage = (this: object, value: unknown, ports: readonly object[], type: string) => void;
