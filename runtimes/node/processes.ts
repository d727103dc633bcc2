/**
 * Starting children as libuv's uv_spawn does: which program a name means, what each of the child's
 * descriptors is, and the one call of the kernel that does it.
 */
import {
  Errno,
  F_DUPFD_CLOEXEC,
  F_GETFL,
  F_SETFL,
  KernelError,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  type SpawnAction,
  type SpawnAttributes,
  SpawnOp,
} from "../../kernel/abi.ts";
import type { Environment } from "./environment.ts";

/** What `lib/` hands to process_wrap and spawn_sync. */
export interface SpawnOptions {
  readonly file: string;
  readonly args?: readonly string[];
  readonly cwd?: string | null;
  readonly envPairs?: readonly string[] | null;
  readonly uid?: number | null;
  readonly gid?: number | null;
  readonly detached?: boolean;
}

/** What a descriptor of the child is a duplicate of; undefined: nothing, or /dev/null below 3. */
export type ChildDescriptor = number | undefined;

const DEFAULT_PATH = "/bin:/usr/bin";
const SHELL = "/bin/sh";
const ALL_SIGNALS = 2n ** 64n - 1n;

/** The child's pid. Throws KernelError: also for a program that is not there. */
export function spawnChild(
  env: Environment,
  options: SpawnOptions,
  descriptors: readonly ChildDescriptor[],
): number {
  const { sys } = env;
  const moved: number[] = [];
  try {
    for (const source of descriptors.slice(0, 3)) if (source !== undefined) block(env, source);
    const actions = actionsFor(env, descriptors, moved);
    // JavaScript leaves it to us to make strings of arguments.
    const argv = (options.args ?? [options.file]).map(toText);
    const envp = options.envPairs?.map(toText) ?? env.envp;
    const attributes = attributesFor(env, options);
    return search(toText(options.file), envp, (path, prefix) => {
      const arguments_ = prefix ? [SHELL, prefix, ...argv.slice(1)] : argv;
      return sys.spawn(path, arguments_, envp, actions, attributes);
    });
  } finally {
    for (const fd of moved) sys.close(fd);
  }
}

/** execvp(3): tries `spawn` along the child's PATH; what is no program is a script of the shell's. */
function search(
  file: string,
  envp: readonly string[],
  spawn: (path: string, script?: string) => number,
): number {
  const tryOne = (path: string) => {
    try {
      return spawn(path);
    } catch (reason) {
      if (!(reason instanceof KernelError) || reason.errno !== Errno.ENOEXEC) throw reason;
      return spawn(SHELL, path);
    }
  };
  if (file === "") throw new KernelError(Errno.ENOENT);
  if (file.includes("/")) return tryOne(file);
  const path = envp.find((entry) => entry.startsWith("PATH="))?.slice(5) ?? DEFAULT_PATH;
  let denied: KernelError | undefined;
  for (const directory of path.split(":")) {
    try {
      return tryOne(directory === "" ? `./${file}` : `${directory}/${file}`);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      if (reason.errno === Errno.EACCES) denied = reason;
      else if (!ABSENT.has(reason.errno)) throw reason;
    }
  }
  throw denied ?? new KernelError(Errno.ENOENT);
}

function toText(value: unknown): string {
  return String(value).toWellFormed();
}

const ABSENT: ReadonlySet<number> = new Set([Errno.ENOENT, Errno.ENOTDIR]);

function actionsFor(
  { sys }: Environment,
  descriptors: readonly ChildDescriptor[],
  moved: number[],
): SpawnAction[] {
  const actions: SpawnAction[] = [];
  const count = descriptors.length;
  const sources = descriptors.map((source, fd) => {
    // A source that an earlier duplicate would replace is taken out of its way.
    if (source === undefined || source >= count || source === fd) return source;
    const copy = sys.fcntl(source, F_DUPFD_CLOEXEC, count);
    moved.push(copy);
    return copy;
  });
  for (const [fd, source] of sources.entries()) {
    if (source !== undefined) actions.push(action({ op: SpawnOp.DUP2, fd, source }));
    else if (fd <= 2) {
      const flags = fd === 0 ? O_RDONLY : O_RDWR;
      actions.push(action({ op: SpawnOp.OPEN, fd, flags, path: "/dev/null" }));
    } else actions.push(action({ op: SpawnOp.CLOSE, fd }));
  }
  return actions;
}

/** A child's standard descriptors wait, whatever its parent does with them. */
function block({ sys }: Environment, fd: number): void {
  const flags = sys.fcntl(fd, F_GETFL, 0);
  if ((flags & O_NONBLOCK) !== 0) sys.fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

function action(given: Partial<SpawnAction> & Pick<SpawnAction, "op">): SpawnAction {
  return { fd: -1, source: -1, flags: 0, mode: 0, path: "", ...given };
}

function attributesFor({ sys }: Environment, options: SpawnOptions): SpawnAttributes {
  const { cwd, uid, gid, detached } = options;
  let credentials: SpawnAttributes["credentials"];
  if (typeof uid === "number" || typeof gid === "number") {
    const user = sys.getresuid();
    const group = sys.getresgid();
    const wanted = { uid: uid ?? user.effective, gid: gid ?? group.effective };
    // Who asks for what it is needs no privilege.
    if (wanted.uid !== user.effective || wanted.gid !== group.effective) {
      credentials = { ...wanted, groups: [] };
    }
  }
  return {
    cwd: typeof cwd === "string" && cwd !== "" ? cwd : undefined,
    pgroup: undefined,
    setsid: detached === true,
    sigdefault: ALL_SIGNALS,
    sigmask: 0n,
    credentials,
  };
}
