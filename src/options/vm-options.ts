/** What createVm takes, and the one place where it gets its defaults. */
import type { MachineOptions, MountRequest, MountSource } from "../machine/protocol.ts";
import { absolutePath, checkOptions, environment, integer, oneOf, refuse, text } from "./check.ts";

export interface VmOptions {
  /**
   * The image that its files begin with: a reference such as `registry.example.com/tools:1`, or on Node
   * the folder of an OCI layout, which begins with `/` or `.`. Default: the base image.
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
  /** "worker": the process's one kernel Worker. "in-thread": the caller's own thread, for tests. */
  kernel?: "worker" | "in-thread";
}

export interface VmLimits {
  /** Processes at once. Default: 256. */
  processes?: number;
  /** Bytes of files in memory. Default: 1 GiB. */
  memory?: number;
  /** Files and directories in memory. Default: 4,000,000. */
  inodes?: number;
}

/** Made by hostDirectory() and memory(). */
export type Mount = MountSource;

/** An empty file system in memory, to be mounted. */
export function memory(): Mount {
  return { type: "memory", readOnly: false };
}

const KNOWN = ["image", "hostname", "user", "env", "cwd", "mounts", "limits", "kernel"];
const HOSTNAME_MAX = 64;

export interface NormalVmOptions {
  readonly machine: MachineOptions;
  readonly kernel: "worker" | "in-thread";
}

export function normalizeVmOptions(options: VmOptions = {}): NormalVmOptions {
  const where = "createVm";
  checkOptions(where, options, KNOWN);
  const { hostname = "isopod", image, user, env = {}, cwd, mounts = {}, limits = {} } = options;
  if (text({ where, name: "hostname" }, hostname).length > HOSTNAME_MAX) {
    refuse({ where, name: "hostname" }, hostname, `at most ${HOSTNAME_MAX} characters long`);
  }
  const machine: MachineOptions = {
    hostname,
    image: image === undefined ? undefined : text({ where, name: "image" }, image),
    user: user === undefined ? undefined : text({ where, name: "user" }, user),
    env: environment({ where, name: "env" }, env, false),
    cwd: cwd === undefined ? undefined : absolutePath({ where, name: "cwd" }, cwd),
    mounts: normalizeMounts(where, mounts),
    limits: normalizeLimits(where, limits),
  };
  const kernel = options.kernel ?? "worker";
  return { machine, kernel: oneOf({ where, name: "kernel" }, kernel, ["worker", "in-thread"]) };
}

export function normalizeMount(where: string, target: string, mount: Mount): MountRequest {
  const place = { where, name: `the mount at ${target}` };
  const remedy = "Make one with hostDirectory(path) or memory().";
  if (typeof mount !== "object" || mount === null) refuse(place, mount, "a mount", remedy);
  if (mount.type !== "host-directory" && mount.type !== "memory") {
    refuse(place, mount, "a mount", remedy);
  }
  return { target: absolutePath({ where, name: "a mount's path" }, target), source: mount };
}

/** Outer mounts first, so that inner ones land on them. */
function normalizeMounts(where: string, mounts: Record<string, Mount>): MountRequest[] {
  if (typeof mounts !== "object" || mounts === null || Array.isArray(mounts)) {
    refuse({ where, name: "mounts" }, mounts, 'an object of mounts, such as { "/work": mount }');
  }
  return Object.entries(mounts)
    .map(([target, mount]) => normalizeMount(where, target, mount))
    .sort((a, b) => a.target.length - b.target.length);
}

function normalizeLimits(where: string, limits: VmLimits): MachineOptions["limits"] {
  checkOptions(`${where}: limits`, limits, ["processes", "memory", "inodes"]);
  const range = { min: 1, max: Number.MAX_SAFE_INTEGER };
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined) integer({ where, name: `limits.${name}` }, value, range);
  }
  return limits;
}
