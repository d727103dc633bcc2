/**
 * What the API asks of the thread that the kernels run in. Everything here is structured-cloneable;
 * chunks of data are transferred. Each operation is a method of Machine (machine.ts).
 */

import type { KernelLimits } from "../../kernel/gauges.ts";
import type { ToolSpec } from "../../runtimes/programs/tools/spec.ts";
import type { CredentialRule } from "../gateway/http/credentials.ts";
import type { Operation } from "../mounts/custom/driver.ts";
import type { PermissionSet } from "../permissions/data.ts";

/** One machine as createVm describes it, all defaults filled in. */
export interface MachineOptions {
  /** What the host's platform knows images by. Undefined: the base image. */
  readonly image?: string | undefined;
  /** Undefined: what a machine that is continued had, or isopod. */
  readonly hostname: string | undefined;
  /** Undefined: the image's, which is `user` where it says nothing. */
  readonly user: string | undefined;
  readonly env: Environment;
  /** What passes of the host's environment, below `env`; kept nowhere. Undefined: nothing. */
  readonly hostEnv?: Environment | undefined;
  /** What it has leave to do, which each of them has to grant. Undefined: as createVm has it by default. */
  readonly permissions?: readonly PermissionSet[] | undefined;
  /** How what is granted is reached. */
  readonly network?: NetworkOptions | undefined;
  /** Undefined: the image's, or else the user's home. */
  readonly cwd: string | undefined;
  readonly mounts: readonly MountRequest[];
  readonly limits: MachineLimits;
  /** What of the embedder's its programs may call. Undefined: nothing. */
  readonly tools?: readonly ToolSpec[] | undefined;
  /** Where its files are kept; undefined: in memory, until it is disposed of. */
  readonly state?: StateOptions | undefined;
}

export interface NetworkOptions {
  /** Addresses, or addresses and ports, by names, or names and ports. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Authorities that are trusted beside the host's, as PEM. */
  readonly ca?: readonly string[];
  /** Look into TLS that programs speak themselves, by an authority of the machine's own. */
  readonly inspect?: boolean;
  /** Added to requests on their way out. */
  readonly credentials?: readonly CredentialRule[];
}

export interface StateOptions {
  /** Undefined: memory of the kernel's thread. */
  readonly store?: StoreSource | undefined;
  /** The machine's own; one that exists is continued. Undefined: nobody will ask for it again. */
  readonly name?: string | undefined;
  /** The id of a snapshot in `store`, or its name there, that a new machine begins with. */
  readonly from?: string | undefined;
  readonly commit?: CommitPolicy | undefined;
}

/** When a machine in a durable store is committed without being asked; fsync always is. */
export type CommitPolicy =
  | "manual"
  | {
      /** Milliseconds without a write. Default: 1,000. */
      readonly quiet?: number;
      /** Milliseconds after the first write, however many follow. Default: 10,000. */
      readonly latest?: number;
    };

/** Storage that machines are kept in, as a host can open it (Platform.openStore). */
export type StoreSource =
  /** Of the kernel's thread: it ends with it. */
  | { readonly type: "memory"; readonly name: string }
  | { readonly type: "directory"; readonly path: string }
  /** A database of the page's origin. */
  | { readonly type: "indexed-db"; readonly name: string }
  /** The storage of the Durable Object that the kernel runs in. */
  | { readonly type: "durable-object" };

/** In what a fork differs from its machine: all else is the same. */
export type ForkRequest = Partial<Pick<MachineOptions, "hostname" | "user" | "cwd" | "env">> &
  Pick<StateOptions, "name" | "commit"> & {
    /** Beside what its machine obeys. */
    readonly permissions?: PermissionSet | undefined;
  };

/** A state of a machine's files that is kept: createVm({ from: snapshot }) begins with it. */
export interface Snapshot {
  /** SHA-256 of its record: equal ids are equal states, of the same moment. */
  readonly id: string;
  /** Undefined: kept only as long as a machine or another snapshot builds on it. */
  readonly name: string | undefined;
  readonly store: StoreSource;
  /** Equal trees are equal files, whatever else differs. */
  readonly tree: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The snapshot or commit before it. */
  readonly parent: string | undefined;
  /** What lies below the files; undefined digest: the host has only this one. */
  readonly image: { readonly reference: string | undefined; readonly digest: string | undefined };
}

/** What differs between two snapshots: absolute paths, sorted. */
export interface SnapshotDiff {
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

export type MachineLimits = Partial<KernelLimits> & {
  /** Milliseconds that a command may take. */
  readonly execTime?: number;
  /** Bytes of each stream of a command. */
  readonly output?: number;
};

export type Environment = Readonly<Record<string, string>>;

export interface MountRequest {
  /** Absolute path in the machine; made where it is missing. */
  readonly target: string;
  readonly source: MountSource;
}

export interface HostDirectorySource {
  readonly type: "host-directory";
  readonly path: string;
  readonly readOnly: boolean;
  /** Absolute links into it lead there in the machine too. */
  readonly ownLinks?: boolean;
}

export type MountSource =
  | HostDirectorySource
  | {
      readonly type: "memory";
      readonly readOnly: boolean;
      readonly memory?: number;
      readonly inodes?: number;
    }
  /** `lower`, and what is changed of it in memory above it. */
  | { readonly type: "overlay"; readonly lower: MountSource; readonly readOnly: boolean }
  /** One that the embedder wrote, by the number that it has in the thread of the API. */
  | {
      readonly type: "custom";
      readonly driver: number;
      readonly operations: readonly Operation[];
      readonly readOnly: boolean;
      readonly name?: string;
      readonly cacheMs?: number;
      readonly timeoutMs?: number;
    }
  | {
      readonly type: "s3";
      readonly endpoint: string;
      readonly bucket: string;
      /** Of all keys, and not shown; "" for none. */
      readonly prefix: string;
      readonly region: string;
      readonly credentials: {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      };
      readonly readOnly: boolean;
    };

/** What every way to run a command has in common. */
export interface CommandRequest {
  /** The program, as a path or a name in PATH, and its arguments. */
  readonly argv: readonly string[];
  /** What the program sees as its argv[0]; undefined: argv[0]. */
  readonly argv0: string | undefined;
  /** Added to the machine's; undefined values are taken away. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
  /** A name or number of /etc/passwd; undefined: the machine's user. */
  readonly user: string | undefined;
}

/** A command that is run to its end, its output gathered. */
export interface RunRequest extends CommandRequest {
  /** Chosen by the caller, for cancel(). */
  readonly token: number;
  /** All of the input, a pipe that the caller writes to, or nothing. */
  readonly stdin: Uint8Array | "pipe" | undefined;
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
  /** Bytes of each output stream. */
  readonly maxBuffer: number;
}

export interface RunResult extends ExitStatus {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Why it was cut short, if it was. */
  readonly cause: "timeout" | "cancel" | "maxBuffer" | undefined;
  /** What its processes were refused, in words. */
  readonly refusals: readonly string[];
  readonly durationMs: number;
}

/** Exactly one is defined. `signal` is a name such as SIGTERM. */
export interface ExitStatus {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

export type StdioRequest = "pipe" | "ignore";

export interface SpawnRequest extends CommandRequest {
  readonly stdin: StdioRequest;
  readonly stdout: StdioRequest;
  /** "stdout": into the same pipe. */
  readonly stderr: StdioRequest | "stdout";
}

export interface Started {
  readonly pid: number;
  /** Under this number its exit can be asked for, once: pids are used again. */
  readonly child: number;
}

/** Pipe ends are descriptors for the stream operations; undefined where no pipe was asked for. */
export interface SpawnResult extends Started {
  readonly stdin: number | undefined;
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
}

export interface TerminalRequest extends CommandRequest {
  readonly cols: number;
  readonly rows: number;
}

export interface TerminalResult extends Started {
  /** The master side. */
  readonly master: number;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly state: "running" | "stopped" | "zombie";
  /** The program's short name. */
  readonly command: string;
  readonly argv: readonly string[];
  /** Milliseconds since the machine started. */
  readonly startedMs: number;
}

/**
 * How an operation fails: thrown as this plain object, because errors lose their fields between
 * threads. The API makes the error that the caller sees.
 */
export interface Failure {
  readonly failure: true;
  /** Linux's number; undefined for a fault that is no errno. */
  readonly errno: number | undefined;
  readonly syscall: string;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  /**
   * A code of Node's own, whose errors node:fs calls SystemError and words differently; without an errno
   * the code of an IsopodError.
   */
  readonly code?: string;
  /** Which rule refused it, for people. */
  readonly reason?: string | undefined;
  /** Instead of the errno's text, or with it undefined. */
  readonly message?: string | undefined;
  readonly stack?: string | undefined;
}

export function isFailure(reason: unknown): reason is Failure {
  return typeof reason === "object" && reason !== null && (reason as Failure).failure === true;
}
