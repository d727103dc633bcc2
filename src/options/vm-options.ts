/** What createVm takes, and the one place where it gets its defaults. */

import { Embedding } from "../embedding.ts";
import { IsopodError } from "../errors.ts";
import type { CommitPolicy, MachineOptions, Snapshot, StateOptions } from "../machine/protocol.ts";
import { decider } from "../permissions/deciders.ts";
import type { Tool, ToolGroup } from "../tools/tool.ts";
import { absolutePath, checkOptions, environment, integer, oneOf, refuse, text } from "./check.ts";
import { normalizeLimits, type VmLimits } from "./limits.ts";
import { type Mount, normalizeMounts } from "./mounts.ts";
import { type NetworkOptions, normalizeNetwork } from "./network.ts";
import { normalizePermissions, type Permissions, passing } from "./permissions.ts";
import { type Store, snapshot, store, storedName } from "./stores.ts";

export interface VmOptions {
  /**
   * The image that its files begin with: a name such as `registry.example.com/tools:1` of one that was
   * built or pulled here, the folder of an OCI layout, which begins with `/` or `.`, or its URL. A tab
   * knows URLs alone. Default: the base image.
   */
  image?: string;
  /** The machine's name. Default: isopod. */
  hostname?: string;
  /** Whom commands run as: a name or number of the machine's /etc/passwd. Default: the image's, user. */
  user?: string;
  /** Added to every command's environment; nothing of the host's comes along by itself. */
  env?: Record<string, string>;
  /** Where commands start. Default: the image's, or the user's home. */
  cwd?: string;
  /** File systems by the absolute path that they are mounted at. */
  mounts?: Record<string, Mount>;
  /** Bounds of the machine. */
  limits?: VmLimits;
  /** What it may reach beyond its own files and processes. Default: nothing. */
  permissions?: Permissions;
  /** Functions of yours that its programs may call, by name: `{ weather: tool({ … }) }`. */
  tools?: Record<string, Tool | ToolGroup>;
  /** How what is granted is reached: other addresses for names, more authorities. */
  network?: NetworkOptions;
  /** Where its files are kept. Default: in memory, which ends with the process. */
  store?: Store;
  /**
   * Under which the machine is kept in `store`. One that exists is continued: its files, hostname, user,
   * environment and working directory, where these options say nothing else. Only one at a time may
   * be switched on.
   */
  name?: string;
  /** The state that a new machine begins with; a name means a snapshot in `store`. */
  from?: Snapshot | string;
  /**
   * When it is committed without vm.commit(). Default, for stores that outlive the process: at fsync and
   * sync, after a second without writes, ten seconds after the first write at the latest, and when it is
   * disposed of.
   */
  commit?: CommitPolicy;
  /**
   * Where its kernel and programs run. "worker", the default: in this process, in one Worker for all machines.
   * "process": in a process of its own with its forks, which may die alone; Node only. "in-thread": in the
   * caller's own thread, for tests.
   */
  kernel?: KernelPlace;
}

export type KernelPlace = "worker" | "process" | "in-thread";

const KERNEL_PLACES: readonly KernelPlace[] = ["worker", "process", "in-thread"];
const KNOWN = ["image", "hostname", "user", "env", "cwd", "mounts", "limits"];
const KNOWN_MORE = ["permissions", "network", "tools", "kernel"];
const KNOWN_STATE = ["store", "name", "from", "commit"];
const HOSTNAME_MAX = 64;

export interface NormalVmOptions {
  readonly machine: MachineOptions;
  readonly kernel: KernelPlace;
}

/** Functions of the embedder's stay with `embedding`; of `hostEnv` what is permitted passes. */
export async function normalizeVmOptions(
  options: VmOptions = {},
  embedding = new Embedding(),
  hostEnv: Readonly<Record<string, string | undefined>> = {},
): Promise<NormalVmOptions> {
  const where = "createVm";
  checkOptions(where, options, [...KNOWN, ...KNOWN_MORE, ...KNOWN_STATE]);
  const { hostname, image, user, env = {}, cwd, mounts = {}, limits = {} } = options;
  const permissions = normalizePermissions(where, options.permissions);
  for (const [place, decide] of permissions.deciders) {
    embedding.deciders.set(place, decider(decide));
  }
  if (options.tools !== undefined) {
    // The checks of schemas are loaded where there are any.
    const { normalizeTools } = await import("../tools/normalize.ts");
    embedding.tools.add(normalizeTools(where, options.tools));
  }
  const machine: MachineOptions = {
    hostname: hostname === undefined ? undefined : normalizeHostname(where, hostname),
    image: image === undefined ? undefined : text({ where, name: "image" }, image),
    user: user === undefined ? undefined : text({ where, name: "user" }, user),
    env: environment({ where, name: "env" }, env, false),
    hostEnv: permissions.env.length > 0 ? passing(permissions.env, hostEnv) : undefined,
    permissions: options.permissions === undefined ? undefined : [permissions.set],
    network: options.network && normalizeNetwork(where, options.network, embedding),
    cwd: cwd === undefined ? undefined : absolutePath({ where, name: "cwd" }, cwd),
    mounts: normalizeMounts(where, mounts, embedding.drivers),
    limits: normalizeLimits(where, limits),
    tools: options.tools && embedding.tools.specs,
    state: normalizeState(where, options),
  };
  const kernel = oneOf({ where, name: "kernel" }, options.kernel ?? "worker", KERNEL_PLACES);
  if (kernel === "process") refuseSharedMemory(where, options, machine.state);
  return { machine, kernel };
}

/** A store in memory belongs to the kernel that opened it, and this one is new. */
function refuseSharedMemory(where: string, { store }: VmOptions, state: StateOptions = {}): void {
  if (state.store?.type !== "memory") return;
  const name = store === undefined ? "from" : "store";
  const message = `${where}: ${name} is in the memory of another process than the machine's (kernel: "process")`;
  const remedy = "Keep it in a directoryStore(path), which both can open, or fork the machine.";
  throw new IsopodError("ERR_INVALID_OPTION", `${message}. ${remedy}`);
}

export function normalizeHostname(where: string, hostname: string): string {
  if (text({ where, name: "hostname" }, hostname).length <= HOSTNAME_MAX) return hostname;
  return refuse({ where, name: "hostname" }, hostname, `at most ${HOSTNAME_MAX} characters long`);
}

function normalizeState(where: string, options: VmOptions): StateOptions {
  const { name, from, commit } = options;
  const origin =
    from === undefined || typeof from === "string"
      ? undefined
      : snapshot({ where, name: "from" }, from);
  const place = options.store ?? origin?.store;
  return {
    store: place && store({ where, name: "store" }, place),
    name: name === undefined ? undefined : storedName({ where, name: "name" }, name),
    from: typeof from === "string" ? storedName({ where, name: "from" }, from) : origin?.id,
    commit: commit && normalizeCommit(where, commit),
  };
}

export function normalizeCommit(where: string, policy: CommitPolicy): CommitPolicy {
  if (policy === "manual") return policy;
  checkOptions(`${where}: commit`, policy, ["quiet", "latest"]);
  const range = { min: 0, max: 86_400_000 };
  for (const [name, value] of Object.entries(policy)) {
    if (value !== undefined) integer({ where, name: `commit.${name}` }, value, range);
  }
  return policy;
}
