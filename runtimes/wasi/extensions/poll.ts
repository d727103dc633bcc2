/** poll(2) on 8-byte entries, for host_net.net_poll and host_process.proc_ppoll_v1. */
import {
  Errno,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
} from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { mask } from "./masks.ts";

const ENTRY_SIZE = 8;
const ENTRIES_MAX = 65_536;
const SECOND = 1_000_000_000n;

/** wasi-libc's numbers of events, with Linux's; those of the first two are what can be asked for. */
const EVENTS: readonly (readonly [wasi: number, linux: number])[] = [
  [0x1, POLLIN],
  [0x2, POLLOUT],
  [0x80, POLLRDHUP],
  [0x1000, POLLERR],
  [0x2000, POLLHUP],
  [0x4000, POLLNVAL],
];

function linuxEvents(events: number): number {
  return EVENTS.reduce((sum, [wasi, linux]) => ((events & wasi) !== 0 ? sum | linux : sum), 0);
}

function wasiEvents(events: number): number {
  return EVENTS.reduce((sum, [wasi, linux]) => ((events & linux) !== 0 ? sum | wasi : sum), 0);
}

interface Request {
  /** Address of `i32 fd; i16 events; i16 revents` records. */
  readonly entries: number;
  readonly count: number;
  /** Where the number of entries with events goes. */
  readonly ready: number;
  /** Undefined: wait for ever. */
  readonly nanoseconds: bigint | undefined;
  readonly mask: bigint | undefined;
}

export function pollEntries({ sys, memory }: ProgramContext, request: Request): void {
  const { entries, count, ready, nanoseconds } = request;
  if (count > ENTRIES_MAX) refuse(Errno.EINVAL);
  memory.slice(entries, count * ENTRY_SIZE);
  memory.slice(ready, 4);
  const fds = Array.from({ length: count }, (_, i) => ({
    fd: memory.view.getInt32(entries + i * ENTRY_SIZE, true),
    events: linuxEvents(memory.view.getUint16(entries + i * ENTRY_SIZE + 4, true)),
  }));
  const revents = sys.ppoll(fds, nanoseconds, request.mask);
  let found = 0;
  revents.forEach((events, i) => {
    memory.setU16(entries + i * ENTRY_SIZE + 6, wasiEvents(events));
    if (events !== 0) found++;
  });
  memory.setU32(ready, found);
}

export function ppollImports(context: ProgramContext): ImportFunctions {
  return {
    proc_ppoll_v1(
      entries: number,
      count: number,
      seconds: bigint,
      nanoseconds: bigint,
      maskLow: number,
      maskHigh: number,
      hasMask: number,
      ready: number,
    ) {
      const forEver = seconds < 0n && nanoseconds < 0n;
      if (!forEver && (seconds < 0n || nanoseconds < 0n || nanoseconds >= SECOND)) {
        refuse(Errno.EINVAL);
      }
      pollEntries(context, {
        entries,
        count,
        ready,
        nanoseconds: forEver ? undefined : seconds * SECOND + nanoseconds,
        mask: hasMask !== 0 ? mask(maskLow, maskHigh) : undefined,
      });
    },
  };
}
