/** Processes for the fuzzers of system calls, on a machine that has something of everything. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AT_FDCWD,
  type Gate,
  type Kernel,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../../kernel/index.ts";
import { now } from "../boot.ts";
import type { Random } from "../random.ts";
import { openTerminal } from "../tty/pty.ts";

/** Lets everybody at what there is. */
export function furnish(kernel: Kernel): void {
  now(kernel.init.fchmodat(AT_FDCWD, "/tmp", 0o777, 0));
  openTerminal(kernel);
  for (const path of ["/dev/ptmx", "/dev/pts/0"]) {
    now(kernel.init.fchmodat(AT_FDCWD, path, 0o666, 0));
  }
}

/** A process that does nothing by itself, to make calls through, with something of every kind open. */
export function victim(kernel: Kernel, random: Random): Gate {
  const pid = kernel.init.fork(() => new Promise(() => {}), random.pick([{}, { pgroup: 0 }]));
  const gate = kernel.processes.get(pid)?.gate as Gate;
  if (random.below(2) === 0) gate.invoke("setresuid", [1000, 1000, 1000]);
  if (random.below(2) === 0 && gate.process.group.id === 1) gate.invoke("setsid", []);
  for (const [path, flags] of OPENED) {
    try {
      gate.invoke("openat", [AT_FDCWD, path, flags, 0o666]);
    } catch {
      // An earlier one has taken it away, or keeps it to itself.
    }
  }
  gate.invoke("pipe2", [random.pick([0, O_NONBLOCK])]);
  openSockets(gate, random);
  return gate;
}

function openSockets(gate: Gate, random: Random): void {
  const flags = random.pick([0, SOCK_NONBLOCK]);
  gate.invoke("socketpair", [AF_UNIX, random.pick([SOCK_STREAM, SOCK_DGRAM]) | flags, 0]);
  gate.invoke("socket", [random.pick([AF_INET, AF_INET6]), SOCK_DGRAM | flags, 0]);
  const listener = gate.invoke("socket", [AF_INET, SOCK_STREAM | flags, 0]) as number;
  gate.invoke("listen", [listener, 2]);
  const client = gate.invoke("socket", [AF_INET, SOCK_STREAM | flags, 0]);
  gate.invoke("connect", [client, gate.invoke("getsockname", [listener])]);
}

const OPENED: [string, number][] = [
  ["/tmp/x", O_RDWR | O_CREAT],
  ["/tmp", O_RDONLY],
  ["/dev/pts/0", O_RDWR],
  ["/dev/ptmx", O_RDWR],
];
