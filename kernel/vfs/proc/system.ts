/** The files of /proc that describe the machine as a whole. */
import { Errno, fail } from "../../errno.ts";
import type { Kernel } from "../../kernel.ts";
import { NGROUPS_MAX, PID_MAX, PIPE_CAPACITY_MAX } from "../../limits.ts";
import { isComputing } from "../../process/usage.ts";
import { DOMAIN_NAME, RELEASE, SYSNAME, VERSION } from "../../release.ts";
import { type MakeNode, TableDirectory, TextNode } from "./nodes.ts";
import { HERTZ, ticks } from "./ticks.ts";

type Table = Readonly<Record<string, MakeNode>>;

/** Inodes of the directories under /proc/sys begin here. */
const SYS_INODE = 1000;

export function systemFiles(kernel: Kernel): Table {
  return {
    cmdline: text(() => "isopod\n"),
    cpuinfo: text(() => "processor\t: 0\nmodel name\t: WebAssembly\n\n"),
    filesystems: text(() => FILE_SYSTEMS),
    loadavg: text(() => loadAverage(kernel)),
    meminfo: text(() => memory(kernel)),
    refusals: text(() => refusals(kernel)),
    stat: text(() => statistics(kernel)),
    uptime: text(() => uptime(kernel)),
    version: text(() => `${SYSNAME} version ${RELEASE} (isopod) ${VERSION}\n`),
    sys: directory(SYS_INODE, {
      kernel: directory(SYS_INODE + 100, kernelSettings(kernel)),
      fs: directory(SYS_INODE + 200, {
        "pipe-max-size": text(() => `${PIPE_CAPACITY_MAX}\n`),
      }),
    }),
  };
}

/** What the machine's policy refused lately, so that who was refused can learn why. */
function refusals({ policy }: Kernel): string {
  return (policy?.refusals?.() ?? []).map((line) => `${line}\n`).join("");
}

function kernelSettings(kernel: Kernel): Table {
  let bootId: string | undefined;
  return {
    hostname: (place) =>
      new TextNode(
        place,
        0o644,
        () => `${kernel.hostname}\n`,
        (value) => {
          kernel.hostname = checkedHostname(value.replace(/\n$/, ""));
        },
      ),
    domainname: text(() => `${DOMAIN_NAME}\n`),
    ostype: text(() => `${SYSNAME}\n`),
    osrelease: text(() => `${RELEASE}\n`),
    version: text(() => `${VERSION}\n`),
    pid_max: text(() => `${PID_MAX}\n`),
    ngroups_max: text(() => `${NGROUPS_MAX}\n`),
    random: directory(SYS_INODE + 300, {
      uuid: text(() => `${uuid(kernel)}\n`),
      boot_id: text(() => {
        bootId ??= uuid(kernel);
        return `${bootId}\n`;
      }),
    }),
  };
}

function text(make: () => string): MakeNode {
  return (place) => new TextNode(place, 0o444, make);
}

function directory(firstIno: number, table: Table): MakeNode {
  return (place) => new TableDirectory(place, table, firstIno);
}

const FILE_SYSTEMS = ["proc", "tmpfs", "devtmpfs", "devpts"]
  .map((type) => `nodev\t${type}\n`)
  .join("");

function loadAverage(kernel: Kernel): string {
  const processes = kernel.processes.all();
  const last = Math.max(...processes.map(({ pid }) => pid));
  const load = kernel.usage.load.map((average) => average.toFixed(2)).join(" ");
  return `${load} ${processes.filter(isComputing).length}/${processes.length} ${last}\n`;
}

/** Of programs; what files in memory take has a limit of its own, and is told as shared memory. */
function memory({ mounts, limits, usage }: Kernel): string {
  const total = Math.floor(limits.memory / 1024);
  const free = Math.max(0, total - Math.ceil(usage.memory / 1024));
  const rows = [
    ["MemTotal", total],
    ["MemFree", free],
    ["MemAvailable", free],
    ["Buffers", 0],
    ["Cached", 0],
    ["Shmem", Math.ceil(mounts.quota.memory / 1024)],
    ["SwapTotal", 0],
    ["SwapFree", 0],
  ] as const;
  return rows
    .map(([key, value]) => `${`${key}:`.padEnd(16)}${`${value}`.padStart(8)} kB\n`)
    .join("");
}

function statistics(kernel: Kernel): string {
  const { clock } = kernel.host;
  const processes = kernel.processes.all();
  const used = processes.reduce((sum, { userTime }) => sum + userTime, 0n);
  const up = clock.monotonic() - kernel.bootTime;
  const idle = up > used ? up - used : 0n;
  const cpu = `${ticks(used)} 0 0 ${ticks(idle)} 0 0 0 0 0 0`;
  const booted = (clock.realtime() - up) / 1_000_000_000n;
  const last = Math.max(...processes.map(({ pid }) => pid));
  const running = processes.filter(isComputing).length;
  return `cpu  ${cpu}\ncpu0 ${cpu}\nctxt 0\nbtime ${booted}\nprocesses ${last}\nprocs_running ${running}\nprocs_blocked 0\n`;
}

function uptime(kernel: Kernel): string {
  const hundredths = (kernel.host.clock.monotonic() - kernel.bootTime) / (1_000_000_000n / HERTZ);
  const seconds = `${hundredths / HERTZ}.${`${hundredths % HERTZ}`.padStart(2, "0")}`;
  return `${seconds} ${seconds}\n`;
}

/** A random UUID (RFC 9562, version 4). */
function uuid({ host }: Kernel): string {
  const bytes = new Uint8Array(16);
  host.random(bytes);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, i) => hex.slice(cuts[i], end))
    .join("-");
}

const HOST_NAME_MAX = 64;

function checkedHostname(name: string): string {
  return name.length <= HOST_NAME_MAX && !name.includes("\0") ? name : fail(Errno.EINVAL);
}
