/** `vm.exec`: a line of shell, run to its end. */
import { decode as decodeText } from "#values";
import { signalNumber as numberOf } from "../kernel/signals/numbers.ts";
import type { RunResult } from "./machine/protocol.ts";
import {
  type ExecOptions,
  type Input,
  normalizeExec,
  type OutputEncoding,
} from "./options/command-options.ts";
import type { RemoteMachine } from "./remote-machine.ts";

/** What exec gives back, and what its errors carry as well. */
export interface ExecResult<Output = string> {
  readonly command: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** As a shell's `$?` has it: 128 and the signal's number where a signal ended the command. */
  readonly exitCode: number;
  /** The signal that ended it, such as SIGTERM. */
  readonly signal: string | undefined;
  /** It did not end with status 0. */
  readonly failed: boolean;
  readonly timedOut: boolean;
  /** The caller's AbortSignal ended it. */
  readonly isCanceled: boolean;
  /** It wrote more than maxBuffer. */
  readonly isMaxBuffer: boolean;
  /** What its programs were refused, each once: `curl: permissions.network has no rule that allows ...`. */
  readonly refusals: readonly string[];
  readonly durationMs: number;
}

/** A command that was cut short, or failed where `reject` asked to be told so. */
export class ExecError<Output = string> extends Error implements ExecResult<Output> {
  /** ETIMEDOUT, ABORT_ERR, ERR_MAX_BUFFER or ERR_COMMAND_FAILED. */
  readonly code: string;
  declare readonly command: string;
  declare readonly stdout: Output;
  declare readonly stderr: Output;
  declare readonly exitCode: number;
  declare readonly signal: string | undefined;
  declare readonly failed: boolean;
  declare readonly timedOut: boolean;
  declare readonly isCanceled: boolean;
  declare readonly isMaxBuffer: boolean;
  declare readonly refusals: readonly string[];
  declare readonly durationMs: number;

  constructor(code: string, message: string, result: ExecResult<Output>, options?: ErrorOptions) {
    super(message, options);
    this.name = "ExecError";
    this.code = code;
    Object.assign(this, result);
  }
}

/** stdout and stderr as `encoding` asks for them. */
export type OutputOf<E extends OutputEncoding> = E extends "buffer" ? Uint8Array : string;

let lastToken = 0;

export async function exec<E extends OutputEncoding>(
  machine: RemoteMachine,
  command: string,
  options: ExecOptions<E>,
): Promise<ExecResult<OutputOf<E>>> {
  const normal = normalizeExec(command, options);
  const { request, stdin, signal, encoding } = normal;
  signal?.throwIfAborted();
  const token = ++lastToken;
  const whole = wholeInput(stdin);
  const running = machine.machine("run", {
    ...request,
    token,
    stdin: stdin === undefined ? undefined : (whole ?? "pipe"),
  });
  const cancel = () => void machine.machine("cancel", token).catch(() => {});
  signal?.addEventListener("abort", cancel);
  const feeding =
    stdin !== undefined && whole === undefined ? feed(machine, token, stdin) : undefined;
  feeding?.catch(cancel);
  try {
    const result = await running;
    await feeding;
    return conclude(command, result, encoding, normal.reject, signal) as ExecResult<OutputOf<E>>;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

function wholeInput(stdin: Input | undefined): Uint8Array | undefined {
  if (typeof stdin === "string") return new TextEncoder().encode(stdin);
  return stdin instanceof Uint8Array ? stdin : undefined;
}

/** Hands the input over piece by piece, each when the last was taken. */
async function feed(machine: RemoteMachine, token: number, stdin: Input): Promise<void> {
  const encoder = new TextEncoder();
  for await (const piece of stdin as AsyncIterable<string | Uint8Array>) {
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    // The command closed its input, or has ended: what is left of ours is not wanted.
    if (!(await machine.machine("feed", token, bytes))) return;
  }
  await machine.machine("endInput", token);
}

function conclude(
  command: string,
  run: RunResult,
  encoding: OutputEncoding,
  reject: boolean | undefined,
  signal: AbortSignal | undefined,
): ExecResult<string | Uint8Array> {
  const exitCode = run.code ?? 128 + (signalNumber(run.signal) ?? 0);
  const result = {
    command,
    stdout: decode(run.stdout, encoding),
    stderr: decode(run.stderr, encoding),
    exitCode,
    signal: run.signal,
    failed: exitCode !== 0 || run.cause !== undefined,
    timedOut: run.cause === "timeout",
    isCanceled: run.cause === "cancel",
    isMaxBuffer: run.cause === "maxBuffer",
    refusals: run.refusals,
    durationMs: run.durationMs,
  };
  const rejects = reject ?? run.cause !== undefined;
  if (rejects && result.failed) throw errorOf(result, signal);
  return result;
}

function errorOf(
  result: ExecResult<string | Uint8Array>,
  signal: AbortSignal | undefined,
): ExecError<string | Uint8Array> {
  const { command, durationMs } = result;
  if (result.timedOut) {
    const message = `the command took longer than ${Math.round(durationMs)} ms: ${command}`;
    return new ExecError("ETIMEDOUT", message, result);
  }
  if (result.isCanceled) {
    const options = { cause: signal?.reason };
    return new ExecError("ABORT_ERR", `the command was aborted: ${command}`, result, options);
  }
  if (result.isMaxBuffer) {
    const message = `the command wrote more than maxBuffer allows; raise it, or use spawn: ${command}`;
    return new ExecError("ERR_MAX_BUFFER", message, result);
  }
  const how = result.signal ? `was ended by ${result.signal}` : `ended with ${result.exitCode}`;
  return new ExecError("ERR_COMMAND_FAILED", `the command ${how}: ${command}`, result);
}

function decode(bytes: Uint8Array, encoding: OutputEncoding): string | Uint8Array {
  if (encoding === "buffer") return bytes;
  return decodeText(bytes, encoding);
}

function signalNumber(name: string | undefined): number | undefined {
  return name === undefined ? undefined : numberOf(name);
}
