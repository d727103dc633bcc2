/** FIFOs in the tree: opening waits for the other side, and the name may go meanwhile. */
import { expect, test } from "vitest";
import { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../../../kernel/fd/flags.ts";
import { AT_FDCWD, S_IFIFO } from "../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "./machine.ts";

function start() {
  const machine = testMachine();
  const [a, b] = [machine.user(), machine.user()];
  a.mkdir("/m");
  a.sys.mount("tmpfs", "/m", "tmpfs", 0, "");
  a.sys.mknodat(AT_FDCWD, "/m/fifo", S_IFIFO | 0o644, 0);
  return { machine, a, b };
}

test("a reader waits for a writer, who need not find the name", async () => {
  const { a, b } = start();
  const opening = Promise.resolve(a.waiting.openat(AT_FDCWD, "/m/fifo", O_RDONLY, 0));
  const writer = b.open("/m/fifo", O_WRONLY);
  b.unlink("/m/fifo");
  const reader = await opening;
  b.writeFd(writer, "through");
  expect(a.readFd(reader)).toBe("through");
  b.sys.close(writer);
  expect(a.readFd(reader)).toBe("");
  expect(a.sys.fstat(reader)).toMatchObject({ mode: S_IFIFO | 0o644, nlink: 0 });
});

test("O_NONBLOCK and O_RDWR do not wait; a lone writer is refused", () => {
  const { a, b } = start();
  refuses("ENXIO", () => a.open("/m/fifo", O_WRONLY | O_NONBLOCK));
  const reader = a.open("/m/fifo", O_RDONLY | O_NONBLOCK);
  expect(a.readFd(reader)).toBe("");
  const both = b.open("/m/fifo", O_RDWR);
  b.writeFd(both, "x");
  expect(a.readFd(reader)).toBe("x");
});

test("one pipe behind all names, gone when nobody has it open", () => {
  const { a } = start();
  a.link("/m/fifo", "/m/second");
  const one = a.open("/m/fifo", O_RDWR);
  const two = a.open("/m/second", O_RDWR);
  a.writeFd(one, "lost");
  a.sys.close(one);
  a.sys.close(two);
  expect(a.readFd(a.open("/m/fifo", O_RDONLY | O_NONBLOCK))).toBe("");
});

test("an open FIFO keeps its mount busy, a refused or interrupted opening does not", async () => {
  const { a, b, machine } = start();
  refuses("ENXIO", () => a.open("/m/fifo", O_WRONLY | O_NONBLOCK));
  const opening = Promise.resolve(b.waiting.openat(AT_FDCWD, "/m/fifo", O_RDONLY, 0));
  opening.catch(() => undefined);
  refuses("EBUSY", () => a.sys.umount2("/m", 0));
  machine.kernel.processes.terminate(machine.kernel.processes.get(b.pid) as never, 9);
  await expect(opening).rejects.toBeDefined();
  const fd = a.open("/m/fifo", O_RDWR);
  refuses("EBUSY", () => a.sys.umount2("/m", 0));
  a.sys.close(fd);
  a.sys.umount2("/m", 0);
});
