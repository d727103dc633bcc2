/** ppoll over what is ready, what is not yet, and what is wrong. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AT_FDCWD,
  type Kernel,
  O_CREAT,
  O_PATH,
  O_RDWR,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  type Sys,
} from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, turns } from "../boot.ts";

let kernel: Kernel;
let sys: Sys;
beforeEach(() => {
  kernel = bootKernel();
  sys = kernel.init;
});
afterEach(() => kernel.shutdown());

test("answers come in the order of the questions, only for what was asked", () => {
  const [reader, writer] = now(sys.pipe2(0)) as [number, number];
  now(sys.write(writer, new Uint8Array(1)));
  const entries = [
    { fd: writer, events: POLLOUT },
    { fd: writer, events: POLLIN },
    { fd: reader, events: POLLIN | POLLOUT },
    { fd: -1, events: POLLIN },
    { fd: 77, events: 0 },
  ];
  expect(now(sys.ppoll(entries, undefined, undefined))).toEqual([POLLOUT, 0, POLLIN, 0, POLLNVAL]);
});

test("errors and hang-ups are told unasked", () => {
  const [reader, writer] = now(sys.pipe2(0)) as [number, number];
  const [reader2, writer2] = now(sys.pipe2(0)) as [number, number];
  now(sys.close(reader));
  now(sys.close(writer2));
  const entries = [
    { fd: writer, events: 0 },
    { fd: reader2, events: 0 },
  ];
  expect(now(sys.ppoll(entries, undefined, undefined))).toEqual([POLLERR, POLLHUP]);
});

test("regular files and directories are always ready, O_PATH never", () => {
  const file = now(sys.openat(AT_FDCWD, "/tmp/x", O_RDWR | O_CREAT, 0o600));
  const place = now(sys.openat(AT_FDCWD, "/tmp/x", O_PATH, 0));
  const ask = (fd: number) => now(sys.ppoll([{ fd, events: POLLIN | POLLOUT }], 0n, undefined));
  expect([ask(file), ask(place)]).toEqual([[POLLIN | POLLOUT], [POLLNVAL]]);
});

test("it waits for the first of several, and leaves no waiter on the others", async () => {
  const pipes = Array.from({ length: 3 }, () => now(sys.pipe2(0)) as [number, number]);
  const entries = [...pipes, ...pipes].map(([fd]) => ({ fd, events: POLLIN }));
  const answer = sys.ppoll(entries, undefined, undefined);
  await turns();
  now(sys.write(pipes[1]?.[1] as number, new Uint8Array(1)));
  expect(await answer).toEqual([0, POLLIN, 0, 0, POLLIN, 0]);
  const fds = kernel.processes.get(1)?.fds;
  for (const [fd] of pipes) expect(fds?.get(fd).poll().queue?.empty).toBe(true);
});

test("timeouts: none at all, at once, and after a time", async () => {
  const [reader] = now(sys.pipe2(0)) as [number];
  const entries = [{ fd: reader, events: POLLIN }];
  expect(now(sys.ppoll(entries, 0n, undefined))).toEqual([0]);
  const before = now(sys.clock_gettime(1));
  expect(await sys.ppoll(entries, 5_000_000n, undefined)).toEqual([0]);
  expect(now(sys.clock_gettime(1)) - before).toBeGreaterThanOrEqual(5_000_000n);
  expect(await sys.ppoll([], 1_000_000n, undefined)).toEqual([]);
  expect(await codeOf(() => sys.ppoll(entries, -1n, undefined))).toBe("EINVAL");
  // Too far away for the host's timers; something else has to end it.
  const long = sys.ppoll(entries, 2n ** 62n, undefined);
  await turns();
  now(sys.write(reader + 1, new Uint8Array(1)));
  expect(await long).toEqual([POLLIN]);
});

test("more entries than there can be descriptors are EINVAL", async () => {
  kernel.shutdown();
  kernel = bootKernel();
  const codes: string[] = [];
  const pid = kernel.init.fork(async (sys) => {
    for (const length of [1024, 1025]) {
      const entries = Array.from({ length }, () => ({ fd: -1, events: 0 }));
      codes.push(await codeOf(() => sys.ppoll(entries, 0n, undefined)));
    }
    return 0;
  });
  await kernel.init.wait4(pid, 0);
  expect(codes).toEqual(["OK", "EINVAL"]);
});

test("a descriptor that is closed while it is waited for ends the wait", async () => {
  const [reader, writer] = now(sys.pipe2(0)) as [number, number];
  const answer = sys.ppoll([{ fd: reader, events: POLLIN }], undefined, undefined);
  now(sys.close(reader));
  now(sys.close(writer));
  expect(await answer).toEqual([POLLNVAL]);
});
