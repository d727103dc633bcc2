/**
 * host_process: new programs. The published spawn calls are posix_spawn's shape (v3) and posix_spawnp's
 * (v4); what the child does first comes as packed records.
 */
import {
  Errno,
  F_GETFD,
  F_SETFD,
  FD_CLOEXEC,
  KernelError,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  type SpawnAction,
  type SpawnAttributes,
  SpawnOp,
} from "../../../kernel/abi.ts";
import { openFlags } from "../descriptors.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { splitTexts } from "../text-lists.ts";
import { mask } from "./masks.ts";

const ACTIONS_MAX = 4096;
const ACTION_BYTES_MAX = 1 << 20;
const ACTION_HEAD = 24;
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/** posix_spawnattr flags on the wire. */
const Attribute = {
  SETPGROUP: 2,
  SETSIGDEF: 4,
  SETSID: 128,
  KNOWN: 255,
} as const;

/** libc's own open flags on the wire: WASI's fdflags, oflags 12 bits up, and the access mode. */
const WIRE_READ = 0x0400_0000;
const WIRE_WRITE = 0x1000_0000;

interface Child {
  readonly path: string;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  readonly actions: readonly SpawnAction[];
  readonly attributes: SpawnAttributes;
  /** Directories to look for a bare name in; undefined: only where `path` says. */
  readonly search: string | undefined;
}

/** An address and a length. */
type Span = readonly [address: number, length: number];

export function spawnImports(context: ProgramContext): ImportFunctions {
  const { sys, memory } = context;

  function text([address, length]: Span): string {
    return length === 0 ? "" : memory.text(address, length);
  }

  function texts([address, length]: Span): string[] {
    return length === 0 ? [] : splitTexts(memory.slice(address, length));
  }

  function environment(span: Span): string[] {
    return texts(span).filter((entry) => entry.indexOf("=") > 0);
  }

  function actions([address, length]: Span): SpawnAction[] {
    if (length > ACTION_BYTES_MAX) refuse(Errno.E2BIG);
    const records: SpawnAction[] = [];
    for (let at = 0; at < length; ) {
      if (records.length === ACTIONS_MAX) refuse(Errno.E2BIG);
      if (length - at < ACTION_HEAD) refuse(Errno.EINVAL);
      const start = address + at;
      const op = memory.u32(start);
      const pathLength = memory.u32(start + 20);
      at += ACTION_HEAD + pathLength;
      if (at > length || op < SpawnOp.CLOSE || op > SpawnOp.CLOSEFROM) refuse(Errno.EINVAL);
      const path = memory.text(start + ACTION_HEAD, pathLength);
      if (path === "" && (op === SpawnOp.OPEN || op === SpawnOp.CHDIR)) refuse(Errno.ENOENT);
      records.push({
        op: op as SpawnAction["op"],
        fd: memory.u32(start + 4) | 0,
        source: memory.u32(start + 8) | 0,
        flags: spawnOpenFlags(memory.u32(start + 12)),
        mode: memory.u32(start + 16),
        path,
      });
    }
    return records;
  }

  function spawn(child: Child, result: number): void {
    if (child.path === "") refuse(Errno.ENOENT);
    memory.slice(result, 4);
    let failure: KernelError | undefined;
    for (const path of candidates(child)) {
      try {
        const pid = sys.spawn(path, child.argv, child.envp, child.actions, child.attributes);
        memory.setU32(result, pid);
        return;
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        // A file that may not run hides what lies behind it no more than one that is missing.
        if (reason.errno !== Errno.ENOENT && reason.errno !== Errno.ENOTDIR) {
          if (reason.errno !== Errno.EACCES) throw reason;
          failure = reason;
        }
      }
    }
    throw failure ?? new KernelError(Errno.ENOENT);
  }

  return {
    proc_spawn_v3(...a: number[]) {
      const [exec, argv, envp, records, cwd] = spans(a, 5);
      const [flags, defLow, defHigh, maskLow, maskHigh, group, result] = a.slice(10) as Seven;
      const env = environment(envp as Span);
      spawn(
        {
          path: text(exec as Span),
          argv: texts(argv as Span),
          envp: env,
          actions: actions(records as Span),
          attributes: attributes(flags, {
            cwd: text(cwd as Span),
            sigdefault: mask(defLow, defHigh),
            sigmask: mask(maskLow, maskHigh),
            group,
          }),
          // posix_spawn searches nothing, yet egrep asks it for "grep": here first, then in PATH.
          search: `:${pathVariable(env)}`,
        },
        result,
      );
    },

    proc_spawn_v4(...a: number[]) {
      const [exec, argv, envp, records, cwd, search] = spans(a, 6);
      const [flags, defLow, defHigh, maskLow, maskHigh, group] = a.slice(12) as Seven;
      const [policy, priority, result] = a.slice(18) as Seven;
      if (priority !== 0) refuse(Errno.EINVAL);
      if (policy !== 0) refuse(Errno.EPERM);
      spawn(
        {
          path: text(exec as Span),
          argv: texts(argv as Span),
          envp: environment(envp as Span),
          actions: actions(records as Span),
          attributes: attributes(flags, {
            cwd: text(cwd as Span),
            sigdefault: mask(defLow, defHigh),
            sigmask: mask(maskLow, maskHigh),
            group,
          }),
          search: (search as Span)[0] === 0 ? undefined : text(search as Span),
        },
        result,
      );
    },

    /** Marks the listed descriptors for the change of program, and takes it back where that fails. */
    proc_exec(...a: number[]) {
      const [exec, argv, envp, list] = spans(a, 4);
      const path = text(exec as Span);
      const args = texts(argv as Span);
      const env = environment(envp as Span);
      const [address, count] = list as Span;
      memory.slice(address, count * 4);
      const marked: number[] = [];
      for (let i = 0; i < count; i++) {
        const fd = memory.u32(address + 4 * i) | 0;
        if ((sys.fcntl(fd, F_GETFD, 0) & FD_CLOEXEC) !== 0) continue;
        sys.fcntl(fd, F_SETFD, FD_CLOEXEC);
        marked.push(fd);
      }
      try {
        sys.execve(path, args, env);
      } catch (reason) {
        if (reason instanceof KernelError) for (const fd of marked) sys.fcntl(fd, F_SETFD, 0);
        throw reason;
      }
    },
  };
}

type Seven = [number, number, number, number, number, number, number];

/** The first `count` address and length pairs of an argument list. */
function spans(args: readonly number[], count: number): Span[] {
  return Array.from({ length: count }, (_, i) => [args[2 * i], args[2 * i + 1]] as unknown as Span);
}

function attributes(
  flags: number,
  given: { cwd: string; sigdefault: bigint; sigmask: bigint; group: number },
): SpawnAttributes {
  if ((flags & ~Attribute.KNOWN) !== 0) refuse(Errno.EOPNOTSUPP);
  const setsid = (flags & Attribute.SETSID) !== 0;
  const setgroup = (flags & Attribute.SETPGROUP) !== 0;
  if (setsid && setgroup) refuse(Errno.EPERM);
  return {
    cwd: given.cwd === "" ? undefined : given.cwd,
    pgroup: setgroup ? given.group | 0 : undefined,
    setsid,
    sigdefault: (flags & Attribute.SETSIGDEF) !== 0 ? given.sigdefault : undefined,
    sigmask: given.sigmask,
    credentials: undefined,
  };
}

/** Paths to try, in order. */
function candidates({ path, search }: Child): string[] {
  if (search === undefined || path.includes("/")) return [path];
  return search.split(":").map((directory) => `${directory || "."}/${path}`);
}

function pathVariable(envp: readonly string[]): string {
  return envp.find((entry) => entry.startsWith("PATH="))?.slice(5) ?? DEFAULT_PATH;
}

/** Linux's open flags; the wire carries them as they are (Rust), or libc's own (C). */
function spawnOpenFlags(flags: number): number {
  if ((flags & (WIRE_READ | WIRE_WRITE)) === 0) return flags;
  const access = flags & WIRE_WRITE ? (flags & WIRE_READ ? O_RDWR : O_WRONLY) : O_RDONLY;
  const oflags = flags >>> 12;
  let result = access | openFlags(flags & 0xfff);
  if (oflags & 1) result |= O_CREAT;
  if (oflags & 2) result |= O_DIRECTORY;
  if (oflags & 4) result |= O_EXCL;
  if (oflags & 8) result |= O_TRUNC;
  return result;
}
