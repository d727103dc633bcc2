/** inotify: what is told of files and directories, in which order, and the bounds of the queue. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  decodeUtf8,
  encodeUtf8,
  IN_ALL_EVENTS,
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_MODIFY,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_NONBLOCK,
  IN_ONESHOT,
  IN_ONLYDIR,
  IN_OPEN,
  IN_Q_OVERFLOW,
  type Kernel,
  O_CREAT,
  O_RDONLY,
  O_WRONLY,
  POLLIN,
  type Sys,
  UTIME_NOW,
} from "../../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded } from "../../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel();
});
afterEach(() => kernel.shutdown());

interface Event {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

/** All events that wait. */
function events(sys: Sys, fd: number, size = 65_536): Event[] {
  const buffer = new Uint8Array(size);
  const length = now(sys.read(fd, buffer));
  const view = new DataView(buffer.buffer);
  const list: Event[] = [];
  for (let at = 0; at < length; ) {
    const nameLength = view.getUint32(at + 12, true);
    const name = decodeUtf8(buffer, at + 16, at + 16 + nameLength).replaceAll("\0", "");
    list.push({
      wd: view.getInt32(at, true),
      mask: view.getUint32(at + 4, true),
      cookie: view.getUint32(at + 8, true),
      name,
    });
    at += 16 + nameLength;
  }
  return list;
}

/** Events as [mask, name]. */
function told(sys: Sys, fd: number): [number, string][] {
  return events(sys, fd).map(({ mask, name }) => [mask, name]);
}

function write(sys: Sys, path: string, text = "x"): void {
  const fd = now(sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT, 0o644));
  now(sys.write(fd, encodeUtf8(text)));
  now(sys.close(fd));
}

test("a directory's watch hears of its entries, by name", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    now(sys.mkdirat(AT_FDCWD, "/tmp/d", 0o755));
    const fd = now(sys.inotify_init1(IN_NONBLOCK));
    now(sys.inotify_add_watch(fd, "/tmp/d", IN_ALL_EVENTS));
    write(sys, "/tmp/d/a");
    now(sys.mkdirat(AT_FDCWD, "/tmp/d/s", 0o755));
    now(sys.fchmodat(AT_FDCWD, "/tmp/d/a", 0o600, 0));
    now(sys.utimensat(AT_FDCWD, "/tmp/d/a", UTIME_NOW, UTIME_NOW, 0));
    now(sys.unlinkat(AT_FDCWD, "/tmp/d/a", 0));
    now(sys.unlinkat(AT_FDCWD, "/tmp/d/s", AT_REMOVEDIR));
    note(told(sys, fd));
  });
  expect(notes).toEqual([
    [
      [IN_CREATE, "a"],
      [IN_OPEN, "a"],
      [IN_MODIFY, "a"],
      [IN_CLOSE_WRITE, "a"],
      [IN_CREATE | IN_ISDIR, "s"],
      [IN_ATTRIB, "a"],
      [IN_DELETE, "a"],
      [IN_DELETE | IN_ISDIR, "s"],
    ],
  ]);
});

test("a move tells both directories, under one cookie", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    now(sys.mkdirat(AT_FDCWD, "/tmp/d", 0o755));
    now(sys.mkdirat(AT_FDCWD, "/tmp/e", 0o755));
    write(sys, "/tmp/d/a");
    const fd = now(sys.inotify_init1(IN_NONBLOCK));
    now(sys.inotify_add_watch(fd, "/tmp/d", IN_MOVED_FROM | IN_MOVED_TO));
    now(sys.inotify_add_watch(fd, "/tmp/e", IN_MOVED_FROM | IN_MOVED_TO));
    now(sys.renameat2(AT_FDCWD, "/tmp/d/a", AT_FDCWD, "/tmp/e/b", 0));
    const [from, to] = events(sys, fd) as [Event, Event];
    note(from.mask, from.name, from.wd, to.mask, to.name, to.wd);
    note(from.cookie !== 0 && from.cookie === to.cookie);
  });
  expect(notes).toEqual([IN_MOVED_FROM, "a", 1, IN_MOVED_TO, "b", 2, true]);
});

test("a file's watch ends with the file; a hard link is only an attribute less", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    write(sys, "/tmp/a");
    now(sys.linkat(AT_FDCWD, "/tmp/a", AT_FDCWD, "/tmp/b", 0));
    const fd = now(sys.inotify_init1(IN_NONBLOCK));
    now(sys.inotify_add_watch(fd, "/tmp/a", IN_ATTRIB | IN_DELETE_SELF));
    now(sys.unlinkat(AT_FDCWD, "/tmp/b", 0));
    note(told(sys, fd));
    now(sys.unlinkat(AT_FDCWD, "/tmp/a", 0));
    note(told(sys, fd));
    note(await codeOf(() => now(sys.inotify_rm_watch(fd, 1))));
  });
  expect(notes).toEqual([
    [[IN_ATTRIB, ""]],
    [
      [IN_DELETE_SELF, ""],
      [IN_IGNORED, ""],
    ],
    "EINVAL",
  ]);
});

test("watching again changes the mask of the same watch; one-shot watches end by themselves", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    const fd = now(sys.inotify_init1(IN_NONBLOCK));
    note(now(sys.inotify_add_watch(fd, "/tmp", IN_CREATE)));
    note(now(sys.inotify_add_watch(fd, "/tmp", IN_DELETE | IN_MASK_ADD)));
    write(sys, "/tmp/a");
    now(sys.unlinkat(AT_FDCWD, "/tmp/a", 0));
    note(told(sys, fd));
    note(now(sys.inotify_add_watch(fd, "/tmp", IN_CREATE | IN_ONESHOT)));
    write(sys, "/tmp/b");
    write(sys, "/tmp/c");
    note(told(sys, fd));
  });
  expect(notes).toEqual([
    1,
    1,
    [
      [IN_CREATE, "a"],
      [IN_DELETE, "a"],
    ],
    1,
    [
      [IN_CREATE, "b"],
      [IN_IGNORED, ""],
    ],
  ]);
});

test("a queue that is full says so once, and goes on when it was read", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    const fd = now(sys.inotify_init1(IN_NONBLOCK));
    now(sys.inotify_add_watch(fd, "/tmp", IN_CREATE | IN_DELETE));
    for (let i = 0; i < 8200; i++) {
      write(sys, "/tmp/a");
      now(sys.unlinkat(AT_FDCWD, "/tmp/a", 0));
    }
    const all: Event[] = [];
    while (now(sys.fionread(fd)) > 0) all.push(...events(sys, fd));
    note(all.length, all.at(-1)?.mask, all.at(-1)?.wd, all.at(-2)?.mask);
    write(sys, "/tmp/a");
    note(told(sys, fd));
  });
  expect(notes).toEqual([16_385, IN_Q_OVERFLOW, -1, IN_DELETE, [[IN_CREATE, "a"]]]);
});

test("reads wait for events, poll says when there are some, and a short buffer is refused", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const fd = now(sys.inotify_init1(0));
    now(sys.inotify_add_watch(fd, "/tmp", IN_CREATE));
    const ready = sys.ppoll([{ fd, events: POLLIN }], undefined, undefined);
    write(sys, "/tmp/a");
    note(...(await ready));
    note(await codeOf(() => now(sys.read(fd, new Uint8Array(16)))));
    note(told(sys, fd));
    const buffer = new Uint8Array(64);
    const read = sys.read(fd, buffer);
    write(sys, "/tmp/b");
    note(await read);
  });
  expect(notes).toEqual([POLLIN, "EINVAL", [[IN_CREATE, "a"]], 32]);
});

test("what cannot be watched is refused", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    write(sys, "/tmp/a");
    const fd = now(sys.inotify_init1(0));
    const add = (path: string, mask: number) =>
      codeOf(() => now(sys.inotify_add_watch(fd, path, mask)));
    note(await add("/tmp/none", IN_CREATE), await add("/tmp/a", IN_CREATE | IN_ONLYDIR));
    note(await add("/tmp/a", 0), await codeOf(() => now(sys.inotify_rm_watch(fd, 9))));
    const file = now(sys.openat(AT_FDCWD, "/tmp/a", O_RDONLY, 0));
    note(await codeOf(() => now(sys.inotify_add_watch(file, "/tmp", IN_CREATE))));
    note(now(sys.inotify_add_watch(fd, "/tmp/a", IN_MODIFY)));
  });
  expect(notes).toEqual(["ENOENT", "ENOTDIR", "EINVAL", "EINVAL", "EINVAL", 1]);
});
