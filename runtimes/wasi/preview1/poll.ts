/** poll_oneoff: clocks and descriptors, by one ppoll. */
import { wasi } from "@bjorn3/browser_wasi_shim";
import {
  Errno,
  KernelError,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
} from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

const SUBSCRIPTION_SIZE = 48;
const EVENT_SIZE = 32;
const SUBSCRIPTIONS_MAX = 4096;

/** Where descriptor subscriptions keep their number. */
const FD_OFFSET = 16;

interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly error: number;
  readonly bytes: number;
  readonly hangup: boolean;
}

interface Clock {
  readonly subscription: wasi.Subscription;
  /** Nanoseconds from now. */
  readonly delay: bigint;
}

interface Descriptor {
  readonly subscription: wasi.Subscription;
  readonly fd: number;
  readonly events: number;
}

export function pollImports({ sys, memory }: ProgramContext): ImportFunctions {
  function delayOf(subscription: wasi.Subscription): bigint {
    const { clockid, timeout, flags } = subscription;
    const time = BigInt.asUintN(64, timeout);
    if (clockid > wasi.CLOCKID_MONOTONIC) refuse(Errno.EINVAL);
    if ((flags & wasi.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) === 0) return time;
    const now = sys.clock_gettime(clockid);
    return time > now ? time - now : 0n;
  }

  function subscriptions(address: number, count: number) {
    const clocks: Clock[] = [];
    const descriptors: Descriptor[] = [];
    for (let i = 0; i < count; i++) {
      const at = address + i * SUBSCRIPTION_SIZE;
      const subscription = wasi.Subscription.read_bytes(memory.view, at);
      if (subscription.eventtype === wasi.EVENTTYPE_CLOCK) {
        clocks.push({ subscription, delay: delayOf(subscription) });
      } else if (subscription.eventtype <= wasi.EVENTTYPE_FD_WRITE) {
        const events = subscription.eventtype === wasi.EVENTTYPE_FD_READ ? POLLIN : POLLOUT;
        descriptors.push({ subscription, fd: memory.u32(at + FD_OFFSET) | 0, events });
      } else refuse(Errno.EINVAL);
    }
    return { clocks, descriptors };
  }

  /** Bytes that can be read now; 0 where the kind of file does not tell. */
  function readable(fd: number): number {
    try {
      return sys.fionread(fd);
    } catch (reason) {
      if (reason instanceof KernelError) return 0;
      throw reason;
    }
  }

  function eventOf({ subscription, fd, events }: Descriptor, revents: number): Event {
    return {
      userdata: subscription.userdata,
      type: subscription.eventtype,
      error: (revents & POLLNVAL) !== 0 ? wasi.ERRNO_BADF : wasi.ERRNO_SUCCESS,
      bytes: events === POLLIN && (revents & POLLIN) !== 0 ? readable(fd) : 0,
      hangup: (revents & (POLLHUP | POLLERR)) !== 0,
    };
  }

  function writeEvent(address: number, event: Event): void {
    memory.slice(address, EVENT_SIZE).fill(0);
    new wasi.Event(event.userdata, event.error, event.type).write_bytes(memory.view, address);
    memory.setU64(address + 16, BigInt(event.bytes));
    memory.setU16(address + 24, event.hangup ? wasi.EVENTRWFLAGS_FD_READWRITE_HANGUP : 0);
  }

  return {
    poll_oneoff(input: number, output: number, count: number, counter: number) {
      if (count === 0 || count > SUBSCRIPTIONS_MAX) refuse(Errno.EINVAL);
      memory.slice(output, count * EVENT_SIZE);
      const { clocks, descriptors } = subscriptions(input, count);
      const first = clocks.reduce<bigint | undefined>(
        (least, { delay }) => (least === undefined || delay < least ? delay : least),
        undefined,
      );
      const revents = sys.ppoll(
        descriptors.map(({ fd, events }) => ({ fd, events })),
        first,
        undefined,
      );
      const events = descriptors.flatMap((descriptor, i) =>
        revents[i] ? [eventOf(descriptor, revents[i])] : [],
      );
      // ppoll came back without an event: the nearest time is over.
      if (events.length === 0) {
        for (const { subscription, delay } of clocks) {
          if (delay !== first) continue;
          const { userdata, eventtype: type } = subscription;
          events.push({ userdata, type, error: 0, bytes: 0, hangup: false });
        }
      }
      events.forEach((event, i) => {
        writeEvent(output + i * EVENT_SIZE, event);
      });
      memory.setU32(counter, events.length);
    },
  };
}
