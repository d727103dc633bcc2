/**
 * The operations of a machine that a client may ask for: each with the arguments that it takes. What is
 * not in this list does not exist for clients, whatever methods a machine has. Descriptors are the
 * client's own: it can name none that it was not given.
 */
import type { Header } from "../../http/message.ts";
import type { FetchRequest, GuestAddress } from "../../machine/network/protocol.ts";
import type {
  ForkRequest,
  MountRequest,
  RunRequest,
  SpawnRequest,
  TerminalRequest,
} from "../../machine/protocol.ts";
import type { Arguments, Operations, Part } from "../../machine/service.ts";
import { isMachineName, PIECE_BYTES, REPLY_BYTES_MAX } from "../protocol.ts";
import {
  absolutePath,
  bits,
  boolean,
  bytes,
  type Check,
  columns,
  descriptor,
  either,
  id32,
  integerIn,
  list,
  nullable,
  oneOf,
  optional,
  path,
  record,
  refused,
  size,
  strings,
  text,
  textUpTo,
  time,
} from "./checks.ts";
import type { Holdings } from "./holdings.ts";
import { memoryMount } from "./mounts.ts";

export interface Operation {
  readonly checks: readonly Check<unknown>[];
  /** Does it, where it is more than the machine's own operation of that name. */
  readonly serve?: (holdings: Holdings, ...args: never[]) => unknown;
}

type Checks<A extends readonly unknown[]> = { readonly [K in keyof A]: Check<A[K]> };
type Table = {
  readonly [P in Part]: {
    readonly [N in keyof Operations[P]]?: {
      readonly checks: Checks<Required<Arguments<P, N>>>;
      readonly serve?: (holdings: Holdings, ...args: Arguments<P, N>) => unknown;
    };
  };
};

const LONGEST_TIMEOUT = 2 ** 31 - 1;
/** More of one output stream is not gathered for a client; spawn streams any amount. */
const GATHERED_MAX = REPLY_BYTES_MAX >> 2;
const READ_MAX = PIECE_BYTES * 4;

const command = {
  argv: list(text),
  argv0: optional(text),
  env: strings(optional(text)),
  cwd: optional(path),
  user: optional(textUpTo(256)),
};
const stdio = oneOf("pipe", "ignore");
const token = integerIn(0, Number.MAX_SAFE_INTEGER);
const signal = either(textUpTo(16), integerIn(0, 64));
const pid = integerIn(-(2 ** 31), 2 ** 31 - 1);
const none = {};

const runRequest: Check<RunRequest> = record({
  ...command,
  token,
  stdin: optional(either(oneOf("pipe"), bytes)),
  timeout: integerOrFraction(LONGEST_TIMEOUT),
  maxBuffer: (value) => Math.min(size(value), GATHERED_MAX),
});
const spawnRequest: Check<SpawnRequest> = record({
  ...command,
  stdin: stdio,
  stdout: stdio,
  stderr: oneOf("pipe", "ignore", "stdout"),
});
const terminalRequest: Check<TerminalRequest> = record({
  ...command,
  cols: columns,
  rows: columns,
});
const mountRequest: Check<MountRequest> = record({ target: absolutePath, source: memoryMount });

export const storedName: Check<string> = (value) =>
  isMachineName(value) ? value : refused(value, "a name of letters, digits, dots, - and _");
const bound = integerIn(0, 86_400_000);
export const forkRequest: Check<ForkRequest> = record({
  name: optional(storedName),
  hostname: optional(textUpTo(64)),
  user: optional(textUpTo(256)),
  cwd: optional(absolutePath),
  env: optional(strings(text)),
  commit: optional(
    either(oneOf("manual"), record({ quiet: optional(bound), latest: optional(bound) })),
  ),
}) as Check<ForkRequest>;

const guestAddress: Check<GuestAddress> = either(
  record({ port: integerIn(1, 65_535), host: optional(textUpTo(64)) }),
  record({ path: absolutePath }),
) as Check<GuestAddress>;
const header: Check<Header> = (value) => {
  const [name, content, ...more] = list(text)(value);
  if (name === undefined || content === undefined || more.length > 0) {
    return refused(value, "a name and a value");
  }
  return [name, content];
};
const fetchRequest: Check<FetchRequest> = record({
  token,
  to: guestAddress,
  method: textUpTo(32),
  target: text,
  headers: list(header),
  body: optional(either(oneOf("pieces"), bytes)),
  length: optional(size),
}) as Check<FetchRequest>;

const TABLE: Table = {
  machine: {
    run: { checks: [runRequest], serve: (holdings, request) => holdings.run(request) },
    cancel: { checks: [token], serve: (holdings, given) => holdings.cancel(given) },
    feed: {
      checks: [token, bytes],
      serve: (holdings, given, piece) => holdings.feed(given, piece),
    },
    endInput: { checks: [token], serve: (holdings, given) => holdings.endInput(given) },
    spawn: { checks: [spawnRequest], serve: (holdings, request) => holdings.spawn(request) },
    exit: { checks: [token], serve: (holdings, child) => holdings.exit(child) },
    kill: { checks: [pid, signal] },
    processes: { checks: [] },
    openTerminal: {
      checks: [terminalRequest],
      serve: (holdings, request) => holdings.openTerminal(request),
    },
    resize: {
      checks: [descriptor, columns, columns],
      serve: (holdings, ...args) => holdings.using("machine", "resize", args),
    },
    readStream: {
      checks: [descriptor, size],
      serve: (holdings, fd, most) =>
        holdings.using("machine", "readStream", [fd, Math.min(most, READ_MAX)]),
    },
    writeStream: {
      checks: [descriptor, bytes],
      serve: (holdings, ...args) => holdings.using("machine", "writeStream", args),
    },
    closeStream: {
      checks: [descriptor],
      serve: (holdings, fd) => holdings.close("machine", "closeStream", fd),
    },
    commit: { checks: [], serve: (holdings) => holdings.commit() },
    snapshot: {
      checks: [optional(storedName)],
      serve: (holdings, name) => holdings.snapshot(name),
    },
    snapshots: { checks: [], serve: (holdings) => holdings.snapshots() },
    removeSnapshot: { checks: [storedName] },
    diff: { checks: [storedName, optional(storedName)] },
    // Forks are machines of the server, under names, and not numbers of its kernel's thread.
    fork: { checks: [forkRequest], serve: (holdings, request) => holdings.fork(request) },
    mount: { checks: [mountRequest] },
    unmount: { checks: [path] },
  },
  files: {
    access: { checks: [path, bits] },
    stat: { checks: [path] },
    lstat: { checks: [path] },
    statfs: { checks: [path] },
    chmod: { checks: [path, bits] },
    chown: { checks: [path, id32, id32] },
    lchown: { checks: [path, id32, id32] },
    utimes: { checks: [path, time, time] },
    lutimes: { checks: [path, time, time] },
    mkdir: { checks: [path, bits] },
    rmdir: { checks: [path] },
    unlink: { checks: [path] },
    rename: { checks: [path, path] },
    link: { checks: [path, path] },
    symlink: { checks: [path, path] },
    readlink: { checks: [path] },
    truncate: { checks: [path, size] },
    readFile: {
      checks: [path, bits],
      serve: (holdings, name, flags) => holdings.readFile(name, flags),
    },
    writeFile: { checks: [path, bytes, bits, bits, boolean] },
    copyFile: { checks: [path, path, bits] },
    open: {
      checks: [path, bits, bits],
      serve: (holdings, ...args) => holdings.open("open", args),
    },
    openDirectory: {
      checks: [path],
      serve: (holdings, ...args) => holdings.open("openDirectory", args),
    },
    close: { checks: [descriptor], serve: (holdings, fd) => holdings.close("files", "close", fd) },
    read: {
      checks: [descriptor, size, nullable(size)],
      serve: (holdings, fd, length, position) =>
        holdings.using("files", "read", [fd, Math.min(length, READ_MAX), position]),
    },
    readToEnd: { checks: [descriptor], serve: (holdings, fd) => holdings.readToEnd(fd) },
    write: {
      checks: [descriptor, bytes, nullable(size)],
      serve: (holdings, ...args) => holdings.using("files", "write", args),
    },
    fstat: {
      checks: [descriptor],
      serve: (holdings, ...args) => holdings.using("files", "fstat", args),
    },
    fchmod: {
      checks: [descriptor, bits],
      serve: (holdings, ...args) => holdings.using("files", "fchmod", args),
    },
    fchown: {
      checks: [descriptor, id32, id32],
      serve: (holdings, ...args) => holdings.using("files", "fchown", args),
    },
    futimes: {
      checks: [descriptor, time, time],
      serve: (holdings, ...args) => holdings.using("files", "futimes", args),
    },
    ftruncate: {
      checks: [descriptor, size],
      serve: (holdings, ...args) => holdings.using("files", "ftruncate", args),
    },
    fsync: {
      checks: [descriptor],
      serve: (holdings, ...args) => holdings.using("files", "fsync", args),
    },
    fdatasync: {
      checks: [descriptor],
      serve: (holdings, ...args) => holdings.using("files", "fdatasync", args),
    },
    list: {
      checks: [descriptor],
      serve: (holdings, ...args) => holdings.using("files", "list", args),
    },
  },
  trees: {
    makeDirectories: { checks: [path, bits] },
    remove: { checks: [path, boolean, boolean] },
    listTree: { checks: [path, boolean] },
    realpath: { checks: [path] },
    makeTemporary: { checks: [path] },
    watch: {
      checks: [path, boolean],
      serve: (holdings, ...args) => holdings.watch(...args),
    },
    changes: {
      checks: [descriptor],
      serve: (holdings, ...args) => holdings.using("trees", "changes", args),
    },
    unwatch: { checks: [descriptor], serve: (holdings, watch) => holdings.unwatch(watch) },
  },
  network: {
    fetch: { checks: [fetchRequest], serve: (holdings, request) => holdings.fetch(request) },
    sendBody: {
      checks: [token, bytes],
      serve: (holdings, given, piece) => holdings.exchange("sendBody", given, piece),
    },
    endBody: { checks: [token], serve: (holdings, given) => holdings.exchange("endBody", given) },
    readBody: { checks: [token], serve: (holdings, given) => holdings.exchange("readBody", given) },
    cancel: { checks: [token], serve: (holdings, given) => holdings.exchange("cancel", given) },
    connect: { checks: [guestAddress], serve: (holdings, to) => holdings.connect(to) },
    shutdown: {
      checks: [descriptor],
      serve: (holdings, fd) => holdings.using("network", "shutdown", [fd]),
    },
    close: {
      checks: [descriptor],
      serve: (holdings, fd) => holdings.close("network", "close", fd),
    },
    waitForPort: {
      checks: [token, integerIn(1, 65_535), optional(integerIn(0, LONGEST_TIMEOUT))],
      serve: (holdings, ...args) => holdings.waitForPort(...args),
    },
  },
};

/** Undefined where clients have no such operation. */
export function operationOf(part: unknown, name: unknown): Operation | undefined {
  const known = TABLE as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  if (typeof part !== "string" || typeof name !== "string") return undefined;
  if (!Object.hasOwn(known, part)) return undefined;
  const operations = known[part] ?? none;
  return Object.hasOwn(operations, name)
    ? (operations as Record<string, Operation>)[name]
    : undefined;
}

function integerOrFraction(max: number): Check<number> {
  const whole = integerIn(0, max);
  return (value) => whole(typeof value === "number" ? Math.ceil(value) : value);
}
