/** ppoll(2): one wait over every kind of open file. */
import { Errno, fail } from "../errno.ts";
import { O_PATH, POLLERR, POLLHUP, POLLNVAL } from "../fd/flags.ts";
import { waitUnderMask } from "../signals/deliver.ts";
import { sleepOn } from "../wait/sleep.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";
import type { Call } from "./call.ts";
import type { Handlers } from "./handlers.ts";
import type { PollFd } from "./types.ts";

export const pollCalls: Handlers<"ppoll"> = {
  ppoll(call, fds, timeout, mask) {
    if (call.progress === 0) begin(call, fds, timeout, mask);
    const events = fds.map((entry) => eventsOf(call, entry));
    if (events.some((event) => event !== 0)) return events;
    const { deadline, kernel } = call;
    if (deadline !== undefined && kernel.host.clock.monotonic() >= deadline) return events;
    return sleepOn(queuesOf(call, fds), deadline);
  },
};

/** What the first attempt alone does. */
function begin(
  call: Call,
  fds: readonly PollFd[],
  timeout: bigint | undefined,
  mask: bigint | undefined,
): void {
  const { process, kernel } = call;
  if (fds.length > process.fds.limit || (timeout !== undefined && timeout < 0n)) {
    fail(Errno.EINVAL);
  }
  call.progress = 1;
  if (timeout !== undefined) call.deadline = kernel.host.clock.monotonic() + timeout;
  if (mask !== undefined) waitUnderMask(call, mask);
}

function eventsOf(call: Call, { fd, events }: PollFd): number {
  const { fds } = call.process;
  if (fd < 0) return 0;
  if (!fds.has(fd)) return POLLNVAL;
  const file = fds.get(fd);
  if ((file.flags & O_PATH) !== 0) return POLLNVAL;
  return file.poll().events & (events | POLLERR | POLLHUP);
}

function queuesOf(call: Call, entries: readonly PollFd[]): WaitQueue[] {
  const queues: WaitQueue[] = [];
  for (const { fd } of entries) {
    const queue = fd < 0 ? undefined : call.process.fds.get(fd).poll().queue;
    if (queue) queues.push(queue);
  }
  return queues;
}
