/** `read`: one line of input into variables. */
import { F_GETFD, KernelError, POLLIN, type Termios } from "../../../kernel/abi.ts";
import { decodeUtf8, encodeUtf8, strerror } from "../../../kernel/index.ts";
import { ECHO, ICANON, VMIN, VTIME } from "../../../kernel/tty/termios.ts";
import { IndexedArray } from "../arrays.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { separatorsOf } from "../words/parameters.ts";
import { type Options, parseOptions, parseTarget } from "./arguments.ts";
import { ByteSource, END, TIMEOUT } from "./byte-source.ts";
import { ReadWords } from "./read-words.ts";

export const readBuiltins: BuiltinTable = {
  read: {
    run: read,
    synopsis:
      "[-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]",
  },
};

/** Status of a read whose time was up: as if SIGALRM had ended it. */
const TIMED_OUT = 142;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

interface ReadRequest {
  readonly fd: number;
  readonly delimiter: number;
  readonly isRaw: boolean;
  /** Characters to read at most. */
  readonly limit: number | undefined;
  /** `-N`: the delimiter and the separators mean nothing. */
  readonly isExact: boolean;
  readonly isSilent: boolean;
  readonly timeout: bigint | undefined;
  readonly prompt: string;
  readonly array: string | undefined;
  readonly names: readonly string[];
}

function read(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const options = parseOptions(shell, args, "ersa:d:i:n:N:p:t:u:");
  const request = readRequest(shell, options);
  if (request.timeout === 0n) return drive(poll(shell, request.fd));
  return drive(run(shell, request));
}

function readRequest(shell: Shell, options: Options): ReadRequest {
  const limit = options.value("N") ?? options.value("n");
  if (limit !== undefined && !/^\d+$/u.test(limit)) {
    throw new ShellError(`${limit}: invalid number`);
  }
  const array = options.value("a");
  const names = options.operands;
  const first = array ?? names[0];
  if (first !== undefined && parseTarget(first) === undefined) {
    throw new ShellError(`\`${first}': not a valid identifier`);
  }
  const delimiter = options.value("d");
  return {
    fd: readDescriptor(shell, options.value("u")),
    delimiter: delimiter === undefined ? NEWLINE : (encodeUtf8(delimiter)[0] ?? 0),
    isRaw: options.has("r"),
    limit: limit === undefined ? undefined : Number(limit),
    isExact: options.has("N"),
    isSilent: options.has("s"),
    timeout: readTimeout(shell, options.value("t")),
    prompt: options.value("p") ?? "",
    array,
    names,
  };
}

/** The descriptor that `-u` names; it must be open. */
export function readDescriptor(shell: Shell, text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d+$/u.test(text)) throw new ShellError(`${text}: invalid file descriptor specification`);
  try {
    void shell.sys.fcntl(Number(text), F_GETFD, 0);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new ShellError(`${text}: invalid file descriptor: ${strerror(error.errno)}`);
  }
  return Number(text);
}

/** In nanoseconds. TMOUT counts where no time is given. */
function readTimeout(shell: Shell, text: string | undefined): bigint | undefined {
  if (text === undefined) {
    const seconds = Number(shell.variables.get("TMOUT") ?? 0);
    return seconds > 0 ? BigInt(Math.round(seconds * 1e9)) : undefined;
  }
  if (!/^\d*\.?\d*$/u.test(text) || !/\d/u.test(text)) {
    throw new ShellError(`${text}: invalid timeout specification`);
  }
  return BigInt(Math.round(Number(text) * 1e9));
}

/** `-t 0`: whether there is something to read. */
function* poll(shell: Shell, fd: number): Task<number> {
  const result = shell.sys.ppoll([{ fd, events: POLLIN }], 0n, undefined);
  const events: readonly number[] = result instanceof Promise ? yield result : result;
  return events[0] === 0 ? 1 : 0;
}

function* run(shell: Shell, request: ReadRequest): Task<number> {
  const terminal = yield* prepareTerminal(shell, request);
  let input: Input;
  try {
    input = yield* readInput(shell, request);
  } finally {
    if (terminal !== undefined) {
      const restored = shell.sys.tcsets(request.fd, 1, terminal);
      if (restored instanceof Promise) yield restored;
    }
  }
  const status = assign(shell, request, input);
  if (status !== 0) return status;
  if (input.ending === TIMEOUT) return TIMED_OUT;
  return input.ending === END ? 1 : 0;
}

/** Shows the prompt and sets the terminal as the options want it; what it was, to be set back. */
function* prepareTerminal(shell: Shell, request: ReadRequest): Task<Termios | undefined> {
  const { fd, prompt, limit, isSilent, delimiter } = request;
  const isSpecial = isSilent || limit !== undefined || delimiter !== NEWLINE;
  if (prompt === "" && !isSpecial) return undefined;
  let termios: Termios;
  try {
    const result = shell.sys.tcgets(fd);
    termios = result instanceof Promise ? yield result : result;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return undefined;
  }
  shell.output.warn(prompt);
  if (!isSpecial) return undefined;
  const isUncooked = limit !== undefined || delimiter !== NEWLINE;
  const off = (isSilent ? ECHO : 0) | (isUncooked ? ICANON : 0);
  const cc = termios.cc.map((value, index) => {
    if (!isUncooked) return value;
    return index === VMIN ? 1 : index === VTIME ? 0 : value;
  });
  const changed = shell.sys.tcsets(fd, 1, { ...termios, lflag: termios.lflag & ~off, cc });
  if (changed instanceof Promise) yield changed;
  return termios;
}

interface Input {
  readonly text: string;
  /** Indices of characters that a backslash protects from being separators. */
  readonly quoted: ReadonlySet<number>;
  /** END, TIMEOUT, or anything else where the delimiter or the limit ended it. */
  readonly ending: number;
}

function* readInput(shell: Shell, request: ReadRequest): Task<Input> {
  const { isRaw, delimiter, isExact } = request;
  const limit = request.limit ?? Number.POSITIVE_INFINITY;
  const now = shell.sys.clock_gettime(1) as bigint;
  const deadline = request.timeout === undefined ? undefined : now + request.timeout;
  const source = new ByteSource(shell, request.fd, deadline);
  const text = new InputText();
  let ending = 0;
  yield* source.open();
  while (text.characters < limit) {
    const ready = source.ready();
    let byte = ready === undefined ? yield* source.take() : ready;
    let isQuoted = false;
    if (byte === BACKSLASH && !isRaw) {
      byte = yield* source.take();
      if (byte === NEWLINE) continue;
      isQuoted = true;
    }
    ending = byte;
    if (byte < 0 || (byte === delimiter && !isQuoted && !isExact)) break;
    if (byte !== 0) text.add(byte, isQuoted);
  }
  yield* source.release();
  return { ...text.finish(), ending };
}

/** Bytes that become characters, and which of them were quoted. */
class InputText {
  #bytes: number[] = [];
  #text = "";
  readonly #quoted = new Set<number>();
  /** Continuation bytes that the last character still wants. */
  #missing = 0;
  /** Whole characters so far. */
  characters = 0;

  add(byte: number, isQuoted: boolean): void {
    if (isQuoted) {
      this.#flush();
      this.#quoted.add(this.#text.length);
    }
    this.#bytes.push(byte);
    if (this.#missing > 0 && (byte & 0xc0) === 0x80) this.#missing--;
    else this.#missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    if (this.#missing === 0) this.characters++;
  }

  finish(): { text: string; quoted: ReadonlySet<number> } {
    this.#flush();
    return { text: this.#text, quoted: this.#quoted };
  }

  #flush(): void {
    this.#text += decodeUtf8(Uint8Array.from(this.#bytes));
    this.#bytes = [];
  }
}

/** 0, or the status of an assignment that was refused. */
function assign(shell: Shell, request: ReadRequest, input: Input): number {
  const { array, names, isExact } = request;
  try {
    if (array === undefined && names.length === 0) shell.variables.set("REPLY", input.text);
    else if (isExact && array === undefined) {
      names.forEach((name, index) => {
        assignName(shell, name, index === 0 ? input.text : "");
      });
    } else {
      const words = new ReadWords(input.text, input.quoted, separatorsOf(shell));
      if (array !== undefined) shell.variables.setArray(array, IndexedArray.of(words.all()));
      else {
        names.forEach((name, index) => {
          assignName(shell, name, index === names.length - 1 ? words.rest() : words.next());
        });
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.message.endsWith("readonly variable")) shell.warn(error.message);
    else shell.complain(error.message);
    return error.status;
  }
}

function assignName(shell: Shell, text: string, value: string): void {
  const target = parseTarget(text);
  if (target === undefined) throw new ShellError(`\`${text}': not a valid identifier`);
  if (target.subscript === undefined) shell.variables.set(target.name, value);
  else shell.writeElement(target.name, target.subscript, value);
}
