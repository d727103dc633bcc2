/** poll(2) on 8-byte entries, for host_net.net_poll and host_process.proc_ppoll_v1. */
import { Errno } from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { mask } from "./masks.ts";

const ENTRY_SIZE = 8;
const ENTRIES_MAX = 65_536;
const SECOND = 1_000_000_000n;

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
    events: memory.view.getUint16(entries + i * ENTRY_SIZE + 4, true),
  }));
  const revents = sys.ppoll(fds, nanoseconds, request.mask);
  let found = 0;
  revents.forEach((events, i) => {
    memory.setU16(entries + i * ENTRY_SIZE + 6, events);
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
