/**
 * vm.evaluate's side in the machine: programs of its own `node` that evaluate what they are sent. One that
 * has a name is kept with all its state, until it ends, is cut short, or the machine is switched off.
 */
import { type Kernel, KernelError, type SpawnAction } from "../../kernel/index.ts";
import { SpawnOp } from "../../kernel/syscalls/types.ts";
import { EVALUATOR } from "../evaluation/evaluator.ts";
import type { Commands } from "./commands.ts";
import { makePipe, writeAll } from "./descriptors.ts";
import type { CommandRequest } from "./protocol.ts";
import { Gathered } from "./read-file.ts";

export interface EvaluationRequest extends Omit<CommandRequest, "argv" | "argv0"> {
  /** Chosen by the caller, for cancelEvaluation(). */
  readonly token: number;
  /** Name of a program that is kept; undefined: one for this call alone. */
  readonly context: string | undefined;
  /** The request as the program reads it: a value in V8's format. */
  readonly request: Uint8Array;
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
  /** Bytes of the answer, and of each output stream. */
  readonly maxBuffer: number;
}

export interface EvaluationResult {
  /** As the program wrote it; undefined where it ended without one. */
  readonly answer: Uint8Array | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly cause: "timeout" | "cancel" | "maxBuffer" | undefined;
  /** How the program ended, where it did. */
  readonly ended: string | undefined;
}

const CONTEXTS_MAX = 64;

export class Evaluations {
  readonly #kernel: Kernel;
  readonly #commands: Commands;
  readonly #contexts = new Map<string, Evaluator>();
  /** By token; undefined while its program is being started. */
  readonly #running = new Map<number, Evaluator | undefined>();
  /** Tokens of those that were cancelled before their program was there. */
  readonly #cancelled = new Set<number>();

  constructor(kernel: Kernel, commands: Commands) {
    this.#kernel = kernel;
    this.#commands = commands;
  }

  async evaluate(request: EvaluationRequest): Promise<EvaluationResult> {
    const { token, context } = request;
    this.#running.set(token, undefined);
    let own: Evaluator | undefined;
    try {
      const evaluator = await this.#evaluatorFor(request);
      if (context === undefined) own = evaluator;
      this.#running.set(token, evaluator);
      if (this.#cancelled.has(token)) evaluator.cutShort("cancel");
      return await evaluator.evaluate(request);
    } finally {
      this.#running.delete(token);
      this.#cancelled.delete(token);
      own?.end();
    }
  }

  cancel(token: number): void {
    const evaluator = this.#running.get(token);
    if (evaluator) evaluator.cutShort("cancel");
    else if (this.#running.has(token)) this.#cancelled.add(token);
  }

  /** Ends the program of that name, if there is one. */
  endContext(name: string): void {
    this.#contexts.get(name)?.end();
    this.#contexts.delete(name);
  }

  async #evaluatorFor(request: EvaluationRequest): Promise<Evaluator> {
    const { context } = request;
    const known = context === undefined ? undefined : this.#contexts.get(context);
    if (known && !known.isOver) return known;
    if (context !== undefined && !known && this.#contexts.size >= CONTEXTS_MAX) {
      throw new Error(`a machine keeps ${CONTEXTS_MAX} contexts; end one with vm.endContext(name)`);
    }
    const made = new Evaluator(this.#kernel, this.#commands);
    if (context !== undefined) this.#contexts.set(context, made);
    await made.start(request);
    return made;
  }
}

/** One program. */
class Evaluator {
  readonly #kernel: Kernel;
  readonly #commands: Commands;
  #pid = 0;
  #requests = -1;
  #answers = -1;
  #outputs: readonly Output[] = [];
  #ended: string | undefined;
  /** Resolves with how it ended. */
  #exit: Promise<string> = Promise.resolve("");
  #cause: EvaluationResult["cause"];
  /** Requests are answered one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(kernel: Kernel, commands: Commands) {
    this.#kernel = kernel;
    this.#commands = commands;
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  async start({ cwd, env, user }: EvaluationRequest): Promise<void> {
    const { init } = this.#kernel;
    const [stdout, stderr, requests, answers] = [
      await makePipe(init),
      await makePipe(init),
      await makePipe(init),
      await makePipe(init),
    ];
    const ends = [stdout.write, stderr.write, requests.read, answers.write];
    const actions: SpawnAction[] = [
      { ...NO_ACTION, op: SpawnOp.OPEN, fd: 0, path: "/dev/null" },
      ...ends.map((source, i) => ({ ...NO_ACTION, op: SpawnOp.DUP2, source, fd: i + 1 })),
    ];
    const own = [stdout.read, stderr.read, requests.write, answers.read];
    this.#requests = requests.write;
    this.#answers = answers.read;
    try {
      const argv = ["/usr/bin/node", "-e", EVALUATOR];
      const common = { argv, argv0: undefined, cwd, env, user };
      const { pid, child } = await this.#commands.start(common, { actions, setsid: true });
      this.#pid = pid;
      this.#outputs = [stdout.read, stderr.read].map((fd) => new Output(this.#kernel, fd));
      this.#exit = this.#commands.exit(child).then(({ code, signal }) => {
        this.#ended = signal ?? `status ${code}`;
        return this.#ended;
      });
      // A machine that is switched off leaves nobody who would ask how its programs ended.
      this.#exit.catch(() => {});
    } catch (reason) {
      for (const fd of own) await init.close(fd);
      throw reason;
    } finally {
      for (const fd of ends) await init.close(fd);
    }
  }

  evaluate(request: EvaluationRequest): Promise<EvaluationResult> {
    const turn = this.#queue.then(() => this.#evaluate(request));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  end(): void {
    this.#ended ??= "the end of its context";
    if (this.#pid !== 0) this.#commands.killSession(this.#pid);
    for (const fd of [this.#requests, this.#answers]) {
      if (fd >= 0) void this.#kernel.init.close(fd);
    }
    this.#requests = this.#answers = -1;
  }

  cutShort(cause: NonNullable<EvaluationResult["cause"]>): void {
    this.#cause ??= cause;
    this.#commands.killSession(this.#pid);
  }

  async #evaluate({ request, timeout, maxBuffer }: EvaluationRequest): Promise<EvaluationResult> {
    const { scheduler } = this.#kernel.host;
    const late =
      timeout > 0 ? scheduler.setTimer(() => this.cutShort("timeout"), timeout) : undefined;
    for (const output of this.#outputs) output.bound(maxBuffer, () => this.cutShort("maxBuffer"));
    const answer = await this.#ask(request, maxBuffer);
    late?.cancel();
    const [stdout, stderr] = await Promise.all(this.#outputs.map((output) => output.take()));
    return {
      answer,
      stdout: stdout ?? NOTHING,
      stderr: stderr ?? NOTHING,
      cause: this.#cause,
      ended: answer ? undefined : await this.#exit,
    };
  }

  /** The answer; undefined where the program ends, or writes what is none. */
  async #ask(request: Uint8Array, maxBuffer: number): Promise<Uint8Array | undefined> {
    const { init } = this.#kernel;
    try {
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, request.length, true);
      await writeAll(init, this.#requests, length);
      await writeAll(init, this.#requests, request);
      const head = await this.#read(LENGTH_BYTES);
      const size = head && new DataView(head.buffer).getUint32(0, true);
      if (size === undefined) return undefined;
      if (size <= maxBuffer) return await this.#read(size);
      this.cutShort("maxBuffer");
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
    }
    return undefined;
  }

  /** Exactly so many bytes, or undefined where the program ends before. What never comes takes no memory. */
  async #read(size: number): Promise<Uint8Array | undefined> {
    const gathered = new Gathered(Math.min(size, FIRST_READ));
    while (gathered.length < size) {
      const room = gathered.room();
      const count = await this.#kernel.init.read(
        this.#answers,
        room.subarray(0, Math.min(room.length, size - gathered.length)),
      );
      if (count === 0) return undefined;
      gathered.grew(count);
    }
    return gathered.take();
  }
}

const NO_ACTION = { source: 0, flags: 0, mode: 0, path: "" };
const NOTHING = new Uint8Array(0);
const LENGTH_BYTES = 4;
const FIRST_READ = 65_536;

/** One output stream, read as long as the program lives. */
class Output {
  readonly #kernel: Kernel;
  readonly #fd: number;
  #gathered = new Gathered();
  #most = Number.POSITIVE_INFINITY;
  #onOverflow: () => void = () => {};
  #atEnd = false;

  constructor(kernel: Kernel, fd: number) {
    this.#kernel = kernel;
    this.#fd = fd;
    void this.#drain();
  }

  bound(most: number, onOverflow: () => void): void {
    this.#most = most;
    this.#onOverflow = onOverflow;
  }

  /** What was written since the last time, all that is in the pipe by now. */
  async take(): Promise<Uint8Array> {
    const { init, host } = this.#kernel;
    try {
      while (!this.#atEnd && (await init.fionread(this.#fd)) > 0) await host.scheduler.yield();
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
    }
    const bytes = this.#gathered.take();
    this.#gathered = new Gathered();
    return bytes.subarray(0, this.#most);
  }

  async #drain(): Promise<void> {
    const { init } = this.#kernel;
    try {
      for (;;) {
        const gathered = this.#gathered;
        const room = gathered.room();
        const count = await init.read(this.#fd, room);
        if (count === 0) break;
        // Taken while the read waited: these bytes begin what is taken next.
        if (gathered === this.#gathered) gathered.grew(count);
        else this.#append(room.subarray(0, count));
        if (this.#gathered.length > this.#most) this.#overflow();
      }
      await init.close(this.#fd);
    } catch {
      // The machine was switched off in the middle of the read.
    } finally {
      this.#atEnd = true;
    }
  }

  #append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const room = this.#gathered.room();
      const part = bytes.subarray(at, at + room.length);
      room.set(part);
      this.#gathered.grew(part.length);
      at += part.length;
    }
  }

  /** Nobody wants more: what has come is kept, the rest is not. */
  #overflow(): void {
    this.#onOverflow();
    const kept = this.#gathered.take().subarray(0, this.#most);
    this.#gathered = new Gathered();
    this.#append(kept);
  }
}
