/**
 * `POST /vms/NAME/exec`: runs a command. The answer is a line of JSON for each event, as it happens; one
 * JSON object at the end with `Accept: application/json`; or stdout alone with `Accept: text/plain`, its
 * exit status in a header. A client that goes away hangs the command up.
 */
import { signalNumber } from "../../../../kernel/signals/numbers.ts";
import type { ExitStatus, SpawnRequest } from "../../../machine/protocol.ts";
import { badRequest, RemoteError, toSent } from "../../errors.ts";
import { PIECE_BYTES } from "../../protocol.ts";
import { jsonBody } from "../body.ts";
import {
  type Check,
  either,
  integerIn,
  list,
  oneOf,
  optional,
  path,
  record,
  strings,
  text,
  textUpTo,
} from "../checks.ts";
import { Holdings } from "../holdings.ts";
import type { Route } from "../server.ts";
import { wrongMethod } from "./machines.ts";

interface ExecBody {
  readonly command: string | undefined;
  readonly argv: readonly string[] | undefined;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  readonly user: string | undefined;
  readonly stdin: string | undefined;
  readonly timeout: number | undefined;
  readonly encoding: "utf8" | "base64" | undefined;
}

/** Output that is gathered for an answer which is not streamed. */
const GATHERED_MAX = 32 << 20;
const READ_BYTES = 64 << 10;
/** From SIGTERM to SIGKILL, where a timeout ends it. */
const TERMINATION_MS = 500;

/** JSON has no undefined: null takes a variable away. */
const variable: Check<string | undefined> = (value) => (value === null ? undefined : text(value));
const execBody: Check<ExecBody> = record({
  command: optional(text),
  argv: optional(list(text)),
  cwd: optional(path),
  env: optional(strings(variable)),
  user: optional(textUpTo(256)),
  stdin: optional(textUpTo(PIECE_BYTES * 4)),
  timeout: optional(either(integerIn(0, 2 ** 31 - 1), integerIn(0, 2 ** 31 - 1))),
  encoding: optional(oneOf("utf8", "base64")),
});

export async function exec({ request, host, name }: Route): Promise<Response> {
  if (request.method !== "POST") throw wrongMethod(request, "POST");
  const body = execBody(await jsonBody(request));
  const spawn = spawnRequest(body);
  const holdings = new Holdings(await host.attach(name), GATHERED_MAX);
  try {
    const run = await CommandRun.start(holdings, spawn, body);
    request.signal.addEventListener("abort", () => void holdings.release());
    if (request.signal.aborted) void holdings.release();
    const accept = request.headers.get("accept") ?? "";
    if (accept.includes("text/plain")) return await plainAnswer(run, holdings);
    if (accept.includes("application/json")) return await wholeAnswer(run, holdings);
    return streamedAnswer(run, holdings);
  } catch (reason) {
    await holdings.release();
    throw reason;
  }
}

function spawnRequest(body: ExecBody): SpawnRequest {
  const { command, argv, cwd, env = {}, user, stdin } = body;
  if ((command === undefined) === (argv === undefined)) {
    throw badRequest(
      'give either "command", a line of shell, or "argv", a program and its arguments',
    );
  }
  if (argv?.length === 0) throw badRequest('"argv" begins with a program');
  return {
    argv: argv ?? ["/bin/bash", "-c", command as string],
    argv0: argv ? undefined : "bash",
    cwd,
    env,
    user,
    stdin: stdin === undefined ? "ignore" : "pipe",
    stdout: "pipe",
    stderr: "pipe",
  };
}

type Stream = "stdout" | "stderr";

/** A command and what it writes. */
class CommandRun {
  readonly pid: number;
  readonly encoding: "utf8" | "base64";
  readonly exit: Promise<ExitStatus>;
  timedOut = false;
  readonly #holdings: Holdings;
  readonly #descriptors: Readonly<Record<Stream, number>>;

  private constructor(
    holdings: Holdings,
    { pid, child, stdout, stderr }: Awaited<ReturnType<Holdings["spawn"]>>,
    body: ExecBody,
  ) {
    this.pid = pid;
    this.encoding = body.encoding ?? "utf8";
    this.#holdings = holdings;
    this.#descriptors = { stdout: stdout as number, stderr: stderr as number };
    this.exit = holdings.exit(child);
    this.exit.catch(() => {});
    if (body.timeout) this.#endAfter(body.timeout);
  }

  static async start(
    holdings: Holdings,
    request: SpawnRequest,
    body: ExecBody,
  ): Promise<CommandRun> {
    const started = await holdings.spawn(request);
    if (body.stdin !== undefined && started.stdin !== undefined) {
      void feed(holdings, started.stdin, body.stdin);
    }
    return new CommandRun(holdings, started, body);
  }

  /** Tells `take` of all that it writes to a stream, each piece when the last was taken. */
  async drain(stream: Stream, take: (piece: Uint8Array) => void | Promise<void>): Promise<void> {
    const fd = this.#descriptors[stream];
    while (true) {
      const piece = await this.#holdings.using("machine", "readStream", [fd, READ_BYTES]);
      if (piece.length === 0) break;
      await take(piece);
    }
    await this.#holdings.close("machine", "closeStream", fd);
  }

  #endAfter(milliseconds: number): void {
    const signal = (name: string) =>
      this.#holdings.request("machine", "kill", [-this.pid, name]).catch(() => {});
    let timer = setTimeout(() => {
      this.timedOut = true;
      void signal("SIGTERM");
      timer = setTimeout(() => void signal("SIGKILL"), TERMINATION_MS);
    }, milliseconds);
    const stop = () => clearTimeout(timer);
    this.exit.then(stop, stop);
  }
}

/** A command that closes its input, or ends, needs no more of it. */
async function feed(holdings: Holdings, fd: number, input: string): Promise<void> {
  const bytes = new TextEncoder().encode(input);
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await holdings.using("machine", "writeStream", [fd, bytes.slice(at, at + PIECE_BYTES)]);
    }
  } catch {}
  await holdings.close("machine", "closeStream", fd).catch(() => {});
}

function streamedAnswer(run: CommandRun, holdings: Holdings): Response {
  const encoder = new TextEncoder();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const tell = (event: object) => writer.write(encoder.encode(`${JSON.stringify(event)}\n`));
  const work = async () => {
    await tell({ type: "start", pid: run.pid });
    await Promise.all([
      run.drain("stdout", telling("stdout", run.encoding, tell)),
      run.drain("stderr", telling("stderr", run.encoding, tell)),
    ]);
    await tell({ type: "exit", ...exitOf(await run.exit, run) });
  };
  void work()
    .catch((reason) => tell({ type: "error", error: toSent(reason) }))
    .catch(() => {})
    .finally(async () => {
      await writer.close().catch(() => {});
      await holdings.release();
    });
  // The client went away: what still writes learns it, as from any pipe.
  void writer.closed.catch(() => holdings.release());
  return new Response(readable, { headers: { "content-type": "application/x-ndjson" } });
}

function telling(
  type: Stream,
  encoding: "utf8" | "base64",
  tell: (event: object) => Promise<void>,
) {
  // Characters may be cut by the edge of a piece.
  const decoder = new TextDecoder();
  return async (piece: Uint8Array) => {
    const data = encoding === "base64" ? toBase64(piece) : decoder.decode(piece, { stream: true });
    if (data !== "") await tell({ type, data });
  };
}

async function wholeAnswer(run: CommandRun, holdings: Holdings): Promise<Response> {
  const [stdout, stderr] = await gather(run);
  const ended = exitOf(await run.exit, run);
  await holdings.release();
  const shown = (bytes: Uint8Array) =>
    run.encoding === "base64" ? toBase64(bytes) : new TextDecoder().decode(bytes);
  return Response.json({ ...ended, stdout: shown(stdout), stderr: shown(stderr) });
}

async function plainAnswer(run: CommandRun, holdings: Holdings): Promise<Response> {
  const [stdout] = await gather(run);
  const { exitCode, signal } = exitOf(await run.exit, run);
  await holdings.release();
  const headers = new Headers({
    "content-type": "text/plain; charset=utf-8",
    "isopod-exit-code": String(exitCode),
  });
  if (signal !== null) headers.set("isopod-signal", signal);
  return new Response(stdout, { headers });
}

async function gather(
  run: CommandRun,
): Promise<[Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]> {
  const drain = async (stream: Stream) => {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let total = 0;
    await run.drain(stream, (piece) => {
      total += piece.length;
      if (total > GATHERED_MAX) throw tooMuchOutput();
      pieces.push(piece as Uint8Array<ArrayBuffer>);
    });
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  };
  return Promise.all([drain("stdout"), drain("stderr")]);
}

function tooMuchOutput(): RemoteError {
  const message = `the command wrote more than ${GATHERED_MAX} bytes; take it as a stream of events (Accept: application/x-ndjson)`;
  return new RemoteError(413, "ERR_MAX_BUFFER", message);
}

function exitOf({ code, signal }: ExitStatus, { timedOut }: CommandRun) {
  const exitCode = code ?? 128 + (signalNumber(signal ?? "") ?? 0);
  return { exitCode, signal: signal ?? null, timedOut };
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
