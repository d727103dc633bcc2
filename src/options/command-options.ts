/** What exec, spawn and openTerminal take, and the one place where it gets its defaults. */
import { MAX_STRING_LENGTH } from "#values";
import type {
  CommandRequest,
  RunRequest,
  SpawnRequest,
  TerminalRequest,
} from "../machine/protocol.ts";
import {
  abortSignal,
  checkOptions,
  environment,
  integer,
  oneOf,
  type Place,
  refuse,
  text,
} from "./check.ts";

/** What every command takes. */
export interface CommandOptions {
  /** Default: the machine's. */
  cwd?: string;
  /** Added to the machine's environment; a value of undefined takes a name away. */
  env?: Record<string, string | undefined>;
  /** A name or number of the machine's /etc/passwd. Default: the machine's user. */
  user?: string;
  /** What the program sees as its own name. Default: argv[0]; bash for a shell. */
  argv0?: string;
  /** Ends the command when it aborts. */
  signal?: AbortSignal;
}

/** What a command can be fed with. */
export type Input =
  | string
  | Uint8Array
  | ReadableStream<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>;

export interface ExecOptions<E extends OutputEncoding = OutputEncoding> extends CommandOptions {
  /** Default: none, so that a command which reads finds the end at once. */
  stdin?: Input;
  /** Milliseconds after which the command is ended; 0 for never. Default: 0. */
  timeout?: number;
  /** How stdout and stderr are given: as text, or "buffer" for bytes. Default: utf8. */
  encoding?: E;
  /** Bytes of stdout, and of stderr, past which the command is ended. Default: 64 MiB. */
  maxBuffer?: number;
  /**
   * True: reject also where the command itself fails. False: never reject for what becomes of a
   * command. Default: reject where it was cut short, by timeout, signal or maxBuffer.
   */
  reject?: boolean;
}

export type OutputEncoding = "utf8" | "latin1" | "hex" | "base64" | "base64url" | "buffer";

export interface SpawnOptions extends CommandOptions {
  /** "pipe": a stream of the process object. "ignore": /dev/null. Default: pipe. */
  stdin?: "pipe" | "ignore";
  stdout?: "pipe" | "ignore";
  /** "stdout": into the same stream. */
  stderr?: "pipe" | "ignore" | "stdout";
}

export interface TerminalOptions extends CommandOptions {
  /** The program and its arguments. Default: the user's login shell. */
  argv?: readonly string[];
  /** Default: 80. */
  cols?: number;
  /** Default: 24. */
  rows?: number;
}

/** More may not fit into one string of V8's, in hexadecimal at the worst. */
const MAX_TEXT_BYTES = MAX_STRING_LENGTH >> 1;
const COMMON = ["cwd", "env", "user", "argv0", "signal"];
const ENCODINGS: readonly OutputEncoding[] = [
  "utf8",
  "latin1",
  "hex",
  "base64",
  "base64url",
  "buffer",
];
const MAX_BUFFER = 64 << 20;
const LONGEST_TIMEOUT = 2 ** 31 - 1;
/** A terminal's size travels as two bytes. */
const SIZE_RANGE = { min: 1, max: 65_535 };

export interface NormalExec {
  readonly request: Omit<RunRequest, "token" | "stdin">;
  readonly stdin: Input | undefined;
  readonly signal: AbortSignal | undefined;
  readonly encoding: OutputEncoding;
  readonly reject: boolean | undefined;
}

export function normalizeExec(command: unknown, options: ExecOptions): NormalExec {
  const where = "exec";
  checkOptions(where, options, [...COMMON, "stdin", "timeout", "encoding", "maxBuffer", "reject"]);
  const { timeout = 0, encoding = "utf8", maxBuffer = MAX_BUFFER, reject, stdin } = options;
  if (typeof command !== "string") {
    refuse({ where, name: "the command" }, command, "a string", "Use spawn for an array.");
  }
  if (command.includes("\0")) {
    refuse({ where, name: "the command" }, command, "without NUL characters");
  }
  if (reject !== undefined && typeof reject !== "boolean") {
    refuse({ where, name: "reject" }, reject, "true or false");
  }
  return {
    request: {
      ...normalizeCommon(where, options),
      argv: ["/bin/bash", "-c", command],
      argv0: options.argv0 ?? "bash",
      timeout: checkTimeout({ where, name: "timeout" }, timeout),
      maxBuffer: Math.min(
        integer(
          { where, name: "maxBuffer" },
          maxBuffer,
          { min: 0, max: Number.MAX_SAFE_INTEGER },
          "It counts bytes.",
        ),
        encoding === "buffer" ? Number.MAX_SAFE_INTEGER : MAX_TEXT_BYTES,
      ),
    },
    stdin: stdin === undefined ? undefined : checkInput({ where, name: "stdin" }, stdin),
    signal: checkSignal(where, options),
    encoding: oneOf({ where, name: "encoding" }, encoding, ENCODINGS),
    reject,
  };
}

export interface NormalSpawn {
  readonly request: SpawnRequest;
  readonly signal: AbortSignal | undefined;
}

export function normalizeSpawn(argv: unknown, options: SpawnOptions): NormalSpawn {
  const where = "spawn";
  checkOptions(where, options, [...COMMON, "stdin", "stdout", "stderr"]);
  const { stdin = "pipe", stdout = "pipe", stderr = "pipe" } = options;
  return {
    request: {
      ...normalizeCommon(where, options),
      argv: checkArgv(where, argv),
      stdin: oneOf({ where, name: "stdin" }, stdin, ["pipe", "ignore"]),
      stdout: oneOf({ where, name: "stdout" }, stdout, ["pipe", "ignore"]),
      stderr: oneOf({ where, name: "stderr" }, stderr, ["pipe", "ignore", "stdout"]),
    },
    signal: checkSignal(where, options),
  };
}

export interface NormalTerminal {
  readonly request: TerminalRequest;
  readonly signal: AbortSignal | undefined;
}

export function normalizeTerminal(options: TerminalOptions): NormalTerminal {
  const where = "openTerminal";
  checkOptions(where, options, [...COMMON, "argv", "cols", "rows"]);
  const { cols = 80, rows = 24 } = options;
  const shell = options.argv === undefined;
  const common = normalizeCommon(where, options);
  return {
    request: {
      ...common,
      argv: shell ? ["/bin/bash", "-l"] : checkArgv(where, options.argv),
      argv0: shell ? (common.argv0 ?? "bash") : common.argv0,
      ...checkSize(where, cols, rows),
    },
    signal: checkSignal(where, options),
  };
}

export function checkSize(where: string, cols: unknown, rows: unknown) {
  return {
    cols: integer({ where, name: "cols" }, cols, SIZE_RANGE),
    rows: integer({ where, name: "rows" }, rows, SIZE_RANGE),
  };
}

function normalizeCommon(where: string, options: CommandOptions): Omit<CommandRequest, "argv"> {
  const { cwd, env = {}, user, argv0 } = options;
  return {
    argv0: argv0 === undefined ? undefined : text({ where, name: "argv0" }, argv0),
    cwd: cwd === undefined ? undefined : text({ where, name: "cwd" }, cwd),
    env: environment({ where, name: "env" }, env, true),
    user: user === undefined ? undefined : text({ where, name: "user" }, user),
  };
}

function checkSignal(where: string, { signal }: CommandOptions): AbortSignal | undefined {
  return signal === undefined ? undefined : abortSignal({ where, name: "signal" }, signal);
}

function checkArgv(where: string, argv: unknown): string[] {
  const place = { where, name: "argv" };
  const remedy = 'Write it as ["ls", "-l"], or use exec for a line of shell.';
  if (!Array.isArray(argv) || argv.length === 0) refuse(place, argv, "an array of strings", remedy);
  for (const item of argv) {
    if (typeof item !== "string" || item.includes("\0")) {
      refuse(place, argv, "an array of strings without NUL characters", remedy);
    }
  }
  if (argv[0] === "") refuse(place, argv, "an array that begins with a program's name", remedy);
  return [...argv];
}

function checkTimeout(place: Place, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= LONGEST_TIMEOUT) return value;
  return refuse(place, value, `between 0 and ${LONGEST_TIMEOUT} milliseconds`, "0 means no limit.");
}

function checkInput(place: Place, value: unknown): Input {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  if (typeof value === "object" && value !== null) {
    if (Symbol.asyncIterator in value || Symbol.iterator in value) return value as Input;
  }
  return refuse(place, value, "a string, a Uint8Array, a stream or an iterable of those");
}
