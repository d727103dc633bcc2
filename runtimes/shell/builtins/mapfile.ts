/** `mapfile`, also named `readarray`: lines of input into an array. */
import { decodeUtf8, encodeUtf8 } from "../../../kernel/index.ts";
import { IndexedArray } from "../arrays.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { quoteSingle } from "../quote.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { Attribute } from "../variable.ts";
import { isName, type Options, parseOptions } from "./arguments.ts";
import { ByteSource, END } from "./byte-source.ts";
import { readDescriptor } from "./read.ts";

const SYNOPSIS =
  "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]";

export const mapfileBuiltins: BuiltinTable = {
  mapfile: { run: mapfile, synopsis: SYNOPSIS },
  readarray: { run: mapfile, synopsis: SYNOPSIS },
};

/** Lines from one call of the callback to the next. */
const QUANTUM = 5000;

function mapfile(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const options = parseOptions(shell, args, "d:n:O:s:tu:C:c:");
  const count = readNumber(options, "n", "invalid line count", 0);
  const origin = readNumber(options, "O", "invalid array origin", 0);
  const skipped = readNumber(options, "s", "invalid line count", 0);
  const quantum = readNumber(options, "c", "invalid callback quantum", QUANTUM);
  if (quantum === 0) throw new ShellError("0: invalid callback quantum");
  const [name = "MAPFILE"] = options.operands;
  if (!isName(name)) throw new ShellError(`\`${name}': not a valid identifier`);
  const fd = readDescriptor(shell, options.value("u"));
  const array = prepareArray(shell, name, options.has("O"));
  if (array === undefined) return 1;
  const callback = options.value("C");
  return drive(run(shell, options, { fd, count, origin, skipped, quantum, callback, name, array }));
}

function readNumber(options: Options, letter: string, problem: string, otherwise: number): number {
  const text = options.value(letter);
  if (text === undefined) return otherwise;
  if (!/^\d+$/u.test(text)) throw new ShellError(`${text}: ${problem}`);
  return Number(text);
}

/** The array, emptied unless the lines are to go to a place in it; undefined, after a message: refused. */
function prepareArray(shell: Shell, name: string, keeps: boolean): IndexedArray | undefined {
  const variable = shell.variables.find(name);
  if (variable?.has(Attribute.READONLY)) {
    shell.warn(`${name}: readonly variable`);
    return undefined;
  }
  if (variable?.has(Attribute.ASSOCIATIVE)) throw new ShellError(`${name}: not an indexed array`);
  const { value } = variable ?? {};
  if (!keeps || value === undefined) return new IndexedArray();
  return value instanceof IndexedArray ? value.clone() : IndexedArray.of([String(value)]);
}

interface MapRequest {
  readonly fd: number;
  readonly count: number;
  readonly origin: number;
  readonly skipped: number;
  readonly quantum: number;
  readonly callback: string | undefined;
  readonly name: string;
  readonly array: IndexedArray;
}

function* run(shell: Shell, options: Options, request: MapRequest): Task<number> {
  const { count, origin, quantum, callback, name, array } = request;
  const delimiterText = options.value("d") ?? "\n";
  const delimiter = encodeUtf8(delimiterText)[0] ?? 0;
  const keepsDelimiter = !options.has("t");
  const source = new ByteSource(shell, request.fd);
  yield* source.open();
  shell.variables.setArray(name, array);
  for (let index = 0; index < request.skipped; index++) yield* readLine(source, delimiter, true);
  for (let index = 0; count === 0 || index < count; index++) {
    const line = yield* readOrEnd(source, delimiter, keepsDelimiter);
    if (line === undefined) break;
    if (callback !== undefined && (index + 1) % quantum === 0) {
      const command = `${callback} ${origin + index} ${quoteSingle(line)}`;
      const result = shell.evaluate(command);
      if (typeof result !== "number") yield result;
    }
    shell.variables.setElement(name, origin + index, line);
  }
  yield* source.release();
  return 0;
}

/** What cannot be read is as good as at its end. */
function* readOrEnd(
  source: ByteSource,
  delimiter: number,
  keepsDelimiter: boolean,
): Task<string | undefined> {
  try {
    return yield* readLine(source, delimiter, keepsDelimiter);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    return undefined;
  }
}

/** Up to the delimiter; undefined at the end of the input. */
function* readLine(
  source: ByteSource,
  delimiter: number,
  keepsDelimiter: boolean,
): Task<string | undefined> {
  const bytes: number[] = [];
  for (;;) {
    const ready = source.ready();
    const byte = ready === undefined ? yield* source.take() : ready;
    if (byte < 0) {
      if (bytes.length === 0 && byte === END) return undefined;
      break;
    }
    if (byte !== delimiter) {
      bytes.push(byte);
      continue;
    }
    if (keepsDelimiter) bytes.push(byte);
    break;
  }
  const text = decodeUtf8(Uint8Array.from(bytes));
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}
