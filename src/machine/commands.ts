/**
 * Commands that the host starts: pid 1 spawns them, feeds and drains their pipes, and waits for them.
 */

import { O_DIRECTORY, O_RDWR } from "../../kernel/fd/flags.ts";
import { Errno, type Kernel, KernelError, type SpawnAction, type Sys } from "../../kernel/index.ts";
import { decodeStatus } from "../../kernel/process/status.ts";
import { Signal, signalName, signalNumber } from "../../kernel/signals/numbers.ts";
import { SpawnOp } from "../../kernel/syscalls/types.ts";
import { AT_FDCWD, F_OK } from "../../kernel/vfs/constants.ts";
import { type Account, findAccount } from "./accounts.ts";
import { makePipe, type Pipe } from "./descriptors.ts";
import type {
  CommandRequest,
  Environment,
  ExitStatus,
  Failure,
  SpawnRequest,
  SpawnResult,
  Started,
  StdioRequest,
} from "./protocol.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Defaults {
  readonly user: string;
  readonly env: Environment;
  /** Below `env`. */
  readonly hostEnv?: Environment | undefined;
  readonly cwd: string | undefined;
}

/** How a child is set up beyond its program. */
export interface Setup {
  readonly actions: readonly SpawnAction[];
  readonly setsid: boolean;
  readonly env?: Environment;
}

export class Commands {
  readonly #kernel: Kernel;
  readonly #defaults: Defaults;
  /** How children ended or will end, until somebody has asked. */
  readonly #exits = new Map<number, Promise<ExitStatus>>();
  #lastChild = 0;

  constructor(kernel: Kernel, defaults: Defaults) {
    this.#kernel = kernel;
    this.#defaults = defaults;
  }

  /** A child with pipes to the caller, who waits for it. */
  async spawn(request: SpawnRequest): Promise<SpawnResult> {
    const { init } = this.#kernel;
    const pipes = new Pipes(init);
    try {
      const stdin = await pipes.input(request.stdin);
      const stdout = await pipes.output(1, request.stdout);
      const stderr =
        request.stderr === "stdout" ? pipes.same(2, 1) : await pipes.output(2, request.stderr);
      const started = await this.start(request, { actions: pipes.actions, setsid: true });
      await pipes.closeChildEnds();
      return { ...started, stdin, stdout, stderr };
    } catch (reason) {
      await pipes.closeAll();
      throw reason;
    }
  }

  /** Starts the program: the one place where a request becomes a process. */
  async start(request: CommandRequest, setup: Setup): Promise<Started> {
    const { init } = this.#kernel;
    const account = await this.account(request.user);
    const env = this.#environment(request, account, setup.env);
    const cwd = resolvePath(this.#defaults.cwd ?? account.home, request.cwd);
    await this.#checkDirectory(cwd, request);
    const envp = Object.entries({ ...env, PWD: cwd }).map(([name, value]) => `${name}=${value}`);
    const attributes = {
      cwd,
      pgroup: undefined,
      setsid: setup.setsid,
      sigdefault: undefined,
      sigmask: undefined,
      credentials: { uid: account.uid, gid: account.gid, groups: account.groups },
    };
    const program = request.argv[0] ?? "";
    let failure: unknown = new KernelError(Errno.ENOENT);
    for (const path of candidates(program, env["PATH"] ?? DEFAULT_PATH)) {
      try {
        // A spawn that fails has used up a process number.
        await init.faccessat2(AT_FDCWD, path, F_OK, 0);
        const argv = [request.argv0 ?? program, ...request.argv.slice(1)];
        return this.#adopt(await init.spawn(path, argv, envp, setup.actions, attributes));
      } catch (reason) {
        if (!isNotHere(reason)) throw spawnFailure(reason, program);
        if ((failure as KernelError).errno === Errno.ENOENT) failure = reason;
      }
    }
    throw spawnFailure(failure, program);
  }

  /** How the child ended; to be asked once. */
  async exit(child: number): Promise<ExitStatus> {
    const exit = this.#exits.get(child);
    if (!exit) throw failed(Errno.ECHILD, "wait4");
    try {
      return await exit;
    } finally {
      this.#exits.delete(child);
    }
  }

  /** Sends `signal`, a name or a number; negative pids are groups. */
  async kill(pid: number, signal: string | number): Promise<void> {
    const number = typeof signal === "number" ? signal : signalNumber(signal);
    if (number === undefined) throw failed(Errno.EINVAL, "kill");
    await this.#kernel.init.kill(pid, number);
  }

  /** Sends `signal` to the group that `pid` leads, if any of it is left. */
  signalGroup(pid: number, signal: number): void {
    try {
      void this.#kernel.init.kill(-pid, signal);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
    }
  }

  /** Kills every process of the session that `pid` leads. */
  killSession(pid: number): void {
    for (const process of this.#kernel.processes.all()) {
      if (process.group.session.id !== pid || process.state === "zombie") continue;
      this.#kernel.init.kill(process.pid, Signal.SIGKILL);
    }
  }

  /** Waits for `pid` from now on, so that it never stays a zombie. */
  #adopt(pid: number): Started {
    const child = ++this.#lastChild;
    const exit = this.#wait(pid);
    exit.catch(() => {});
    this.#exits.set(child, exit);
    return { pid, child };
  }

  async #wait(pid: number): Promise<ExitStatus> {
    while (true) {
      const { exited, signaled } = decodeStatus(await this.#kernel.init.wait4(pid, 0));
      if (exited !== undefined) return { code: exited, signal: undefined };
      if (signaled !== undefined) return { code: undefined, signal: nameSignal(signaled) };
    }
  }

  async account(user: string | undefined): Promise<Account> {
    const name = user ?? this.#defaults.user;
    const account = await findAccount(this.#kernel.init, name);
    if (account) return account;
    const message = `there is no user ${JSON.stringify(name)} in the machine's /etc/passwd`;
    throw { ...failed(Errno.EINVAL, "spawn"), message };
  }

  #environment(
    request: CommandRequest,
    account: Account,
    extra: Environment = {},
  ): Record<string, string> {
    const env: Record<string, string> = {
      HOME: account.home,
      USER: account.name,
      LOGNAME: account.name,
      SHELL: account.shell,
      PATH: DEFAULT_PATH,
      LANG: "C.UTF-8",
      ...extra,
      ...this.#defaults.hostEnv,
      ...this.#defaults.env,
    };
    for (const [name, value] of Object.entries(request.env)) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
    return env;
  }

  /** A missing working directory would otherwise look like a missing program. */
  async #checkDirectory(path: string, request: CommandRequest): Promise<void> {
    const { init } = this.#kernel;
    try {
      const fd = await init.openat(AT_FDCWD, path, O_DIRECTORY, 0);
      await init.close(fd);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      const what = request.argv[0] ?? "";
      const message = `the working directory ${JSON.stringify(path)} of ${what} cannot be entered`;
      throw { ...failed(reason.errno, "chdir", path), message };
    }
  }
}

/** The pipes between pid 1 and one child, and the actions that put them in place. */
class Pipes {
  readonly actions: SpawnAction[] = [];
  readonly #sys: Sys;
  readonly #ours: number[] = [];
  readonly #theirs: number[] = [];

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  async input(kind: StdioRequest): Promise<number | undefined> {
    if (kind === "ignore") return this.#null(0);
    const pipe = await this.#make("write");
    this.actions.push(duplicate(pipe.read, 0));
    return pipe.write;
  }

  async output(fd: number, kind: StdioRequest): Promise<number | undefined> {
    if (kind === "ignore") return this.#null(fd);
    const pipe = await this.#make("read");
    this.actions.push(duplicate(pipe.write, fd));
    return pipe.read;
  }

  /** `fd` becomes what `source` already is. */
  same(fd: number, source: number): undefined {
    this.actions.push(duplicate(source, fd));
  }

  async closeChildEnds(): Promise<void> {
    for (const fd of this.#theirs.splice(0)) await this.#sys.close(fd);
  }

  async closeAll(): Promise<void> {
    await this.closeChildEnds();
    for (const fd of this.#ours.splice(0)) await this.#sys.close(fd);
  }

  #null(fd: number): undefined {
    this.actions.push({ ...action(SpawnOp.OPEN, fd), flags: O_RDWR, path: "/dev/null" });
  }

  async #make(ours: keyof Pipe): Promise<Pipe> {
    const pipe = await makePipe(this.#sys);
    this.#ours.push(pipe[ours]);
    this.#theirs.push(pipe[ours === "read" ? "write" : "read"]);
    return pipe;
  }
}

export function action(op: SpawnOp, fd: number): SpawnAction {
  return { op, fd, source: -1, flags: 0, mode: 0, path: "" };
}

export function duplicate(source: number, fd: number): SpawnAction {
  return { ...action(SpawnOp.DUP2, fd), source };
}

export function failed(errno: number, syscall: string, path?: string): Failure {
  return { failure: true, errno, syscall, path };
}

function spawnFailure(reason: unknown, program: string): unknown {
  if (!(reason instanceof KernelError)) return reason;
  return { ...failed(reason.errno, `spawn ${program}`, program), reason: reason.reason };
}

/** The paths to try, in order: names without a slash are looked for in PATH. */
function candidates(program: string, path: string): string[] {
  if (program.includes("/")) return [program];
  if (program === "") return [];
  return path.split(":").map((folder) => `${folder === "" ? "." : folder}/${program}`);
}

function isNotHere(reason: unknown): boolean {
  if (!(reason instanceof KernelError)) return false;
  const { errno } = reason;
  return errno === Errno.ENOENT || errno === Errno.ENOTDIR || errno === Errno.EACCES;
}

function resolvePath(base: string, path: string | undefined): string {
  if (path === undefined) return base;
  return normalize(path.startsWith("/") ? path : `${base}/${path}`);
}

/** Without "." and doubled slashes; ".." stays, for what it leads to depends on links. */
function normalize(path: string): string {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return `/${names.join("/")}`;
}

function nameSignal(signal: number): string {
  return `SIG${signalName(signal) ?? signal}`;
}
