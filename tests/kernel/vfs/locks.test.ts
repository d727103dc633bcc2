/** Record locks and flock: conflicts, splitting, waiting, and what ends them. */
import { describe, expect, test } from "vitest";
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from "../../../kernel/fd/flags.ts";
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
} from "../../../kernel/vfs/constants.ts";
import { refuses, testMachine, type User } from "./machine.ts";

function start() {
  const machine = testMachine();
  const [a, b, c] = [machine.user(), machine.user(), machine.user()];
  a.write("/f", "x".repeat(100));
  const open = (user: User, flags = O_RDWR) => user.open("/f", flags);
  return { machine, a, b, c, open };
}

function range(type: number, start = 0, length = 0, whence = 0) {
  return { type, whence, start, length, pid: 0 };
}

function lock(user: User, fd: number, type: number, start = 0, length = 0): void {
  user.sys.fcntl_lock(fd, F_SETLK, range(type, start, length));
}

/** Waits until the call of `promise` had its chance to finish, and says whether it has. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const note = () => {
    done = true;
  };
  promise.then(note, note);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  return done;
}

describe("record locks", () => {
  test("exclusive ones exclude, shared ones share", () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    lock(a, fa, F_RDLCK, 0, 10);
    lock(b, fb, F_RDLCK, 5, 10);
    refuses("EAGAIN", () => lock(b, fb, F_WRLCK, 0, 1));
    lock(b, fb, F_WRLCK, 10, 5);
    refuses("EAGAIN", () => lock(a, fa, F_RDLCK, 14, 1));
    lock(a, fa, F_WRLCK, 0, 5);
    refuses("EAGAIN", () => lock(a, fa, F_WRLCK, 0, 6));
  });

  test("F_GETLK names the lock that is in the way", () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    lock(a, fa, F_WRLCK, 10, 20);
    expect(b.sys.fcntl_lock(fb, F_GETLK, range(F_RDLCK, 15, 1))).toEqual({
      type: F_WRLCK,
      whence: 0,
      start: 10,
      length: 20,
      pid: a.pid,
    });
    expect(b.sys.fcntl_lock(fb, F_GETLK, range(F_RDLCK, 30, 1)).type).toBe(F_UNLCK);
    expect(a.sys.fcntl_lock(fa, F_GETLK, range(F_WRLCK, 15, 1)).type).toBe(F_UNLCK);
    lock(a, fa, F_WRLCK, 50, 0);
    expect(b.sys.fcntl_lock(fb, F_GETLK, range(F_WRLCK, 1_000_000, 1))).toMatchObject({
      start: 50,
      length: 0,
    });
  });

  test("unlocking the middle splits, and neighbours of one kind join", () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    lock(a, fa, F_WRLCK, 0, 30);
    lock(a, fa, F_UNLCK, 10, 10);
    lock(b, fb, F_WRLCK, 10, 10);
    for (const at of [9, 20]) refuses("EAGAIN", () => lock(b, fb, F_WRLCK, at, 1));
    lock(b, fb, F_UNLCK, 0, 0);
    lock(a, fa, F_WRLCK, 10, 10);
    expect(b.sys.fcntl_lock(fb, F_GETLK, range(F_RDLCK, 0, 1))).toMatchObject({
      start: 0,
      length: 30,
    });
    lock(a, fa, F_RDLCK, 5, 5);
    lock(b, fb, F_RDLCK, 5, 5);
    refuses("EAGAIN", () => lock(b, fb, F_RDLCK, 4, 1));
  });

  test("ranges count from the start, the offset or the end, backwards too", () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    a.sys.lseek(fa, 50, 0);
    a.sys.fcntl_lock(fa, F_SETLK, range(F_WRLCK, 5, 5, 1));
    a.sys.fcntl_lock(fa, F_SETLK, range(F_WRLCK, -10, 10, 2));
    a.sys.fcntl_lock(fa, F_SETLK, range(F_WRLCK, 20, -5, 0));
    const free = (at: number) =>
      b.sys.fcntl_lock(fb, F_GETLK, range(F_RDLCK, at, 1)).type === F_UNLCK;
    expect([14, 15, 19, 20, 54, 55, 59, 60, 89, 90, 99, 100].filter(free)).toEqual([
      14, 20, 54, 60, 89, 100,
    ]);
    refuses("EINVAL", () => lock(a, fa, F_WRLCK, -1, 5));
    refuses("EINVAL", () => a.sys.fcntl_lock(fa, F_SETLK, range(F_WRLCK, 3, -5, 0)));
    refuses("EINVAL", () => a.sys.fcntl_lock(fa, F_SETLK, range(9)));
    refuses("EINVAL", () => a.sys.fcntl_lock(fa, F_SETLK, range(F_WRLCK, 0, 0, 7)));
    refuses("EINVAL", () => a.sys.fcntl_lock(fa, F_GETLK, range(F_UNLCK)));
  });

  test("take a descriptor that allows as much", () => {
    const { a, open } = start();
    refuses("EBADF", () => lock(a, open(a, O_RDONLY), F_WRLCK));
    refuses("EBADF", () => lock(a, open(a, O_WRONLY), F_RDLCK));
    refuses("EBADF", () => lock(a, 99, F_RDLCK));
    lock(a, open(a, O_RDONLY), F_RDLCK);
  });

  test("of a process end when it closes any descriptor of the file", () => {
    const { a, b, open } = start();
    const [fa, again, fb] = [open(a), open(a), open(b)];
    lock(a, fa, F_WRLCK);
    refuses("EAGAIN", () => lock(b, fb, F_WRLCK));
    a.sys.close(again);
    lock(b, fb, F_WRLCK);
  });

  test("of a description end with its last descriptor, and exclude its own process too", () => {
    const { a, b, open } = start();
    const [fa, again, fb] = [open(a), open(a), open(b)];
    const copy = a.sys.dup(fa);
    const ofd = (user: User, fd: number, type: number) =>
      user.sys.fcntl_lock(fd, F_OFD_SETLK, range(type));
    ofd(a, fa, F_WRLCK);
    refuses("EAGAIN", () => ofd(a, again, F_RDLCK));
    refuses("EAGAIN", () => lock(a, again, F_RDLCK));
    expect(b.sys.fcntl_lock(fb, F_OFD_GETLK, range(F_RDLCK)).pid).toBe(-1);
    refuses("EINVAL", () => a.sys.fcntl_lock(fa, F_OFD_SETLK, { ...range(F_RDLCK), pid: 5 }));
    a.sys.close(again);
    a.sys.close(fa);
    refuses("EAGAIN", () => lock(b, fb, F_RDLCK));
    a.sys.close(copy);
    lock(b, fb, F_WRLCK);
  });

  test("F_SETLKW waits until the lock is free", async () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    lock(a, fa, F_WRLCK, 0, 10);
    const waiting = Promise.resolve(b.waiting.fcntl_lock(fb, F_SETLKW, range(F_WRLCK, 5, 10)));
    lock(a, fa, F_UNLCK, 0, 5);
    expect(await settled(waiting)).toBe(false);
    lock(a, fa, F_UNLCK, 0, 10);
    await waiting;
    refuses("EAGAIN", () => lock(a, fa, F_RDLCK, 14, 1));
  });

  test("a circle of waits is EDEADLK for the one who would close it", async () => {
    const { a, b, c, open } = start();
    const [fa, fb, fc] = [open(a), open(b), open(c)];
    lock(a, fa, F_WRLCK, 0, 1);
    lock(b, fb, F_WRLCK, 1, 1);
    lock(c, fc, F_WRLCK, 2, 1);
    const first = Promise.resolve(a.waiting.fcntl_lock(fa, F_SETLKW, range(F_WRLCK, 1, 1)));
    const second = Promise.resolve(b.waiting.fcntl_lock(fb, F_SETLKW, range(F_WRLCK, 2, 1)));
    refuses("EDEADLK", () => c.sys.fcntl_lock(fc, F_SETLKW, range(F_WRLCK, 0, 1)));
    lock(c, fc, F_UNLCK);
    await second;
    lock(b, fb, F_UNLCK);
    await first;
  });
});

describe("flock", () => {
  test("belongs to the description: its copies share it, another opening does not", () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a, O_RDONLY), open(b)];
    const again = open(a);
    a.sys.flock(fa, LOCK_SH);
    b.sys.flock(fb, LOCK_SH | LOCK_NB);
    refuses("EAGAIN", () => b.sys.flock(fb, LOCK_EX | LOCK_NB));
    b.sys.flock(fb, LOCK_UN);
    a.sys.flock(a.sys.dup(fa), LOCK_EX | LOCK_NB);
    refuses("EAGAIN", () => a.sys.flock(again, LOCK_SH | LOCK_NB));
    refuses("EINVAL", () => a.sys.flock(fa, LOCK_NB));
    refuses("EBADF", () => a.sys.flock(99, LOCK_SH));
  });

  test("does not see record locks", () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    lock(a, fa, F_WRLCK);
    b.sys.flock(fb, LOCK_EX | LOCK_NB);
  });

  test("waits, and ends when the last copy is closed", async () => {
    const { a, b, open } = start();
    const [fa, fb] = [open(a), open(b)];
    const copy = a.sys.dup(fa);
    a.sys.flock(fa, LOCK_EX);
    const waiting = Promise.resolve(b.waiting.flock(fb, LOCK_EX));
    a.sys.close(fa);
    expect(await settled(waiting)).toBe(false);
    a.sys.close(copy);
    await waiting;
    refuses("EAGAIN", () => a.sys.flock(a.open("/f", O_RDWR | O_CREAT), LOCK_SH | LOCK_NB));
  });

  test("leaves nothing behind on the file", () => {
    const { a, machine, open } = start();
    const fd = open(a);
    a.sys.flock(fd, LOCK_EX);
    lock(a, fd, F_WRLCK);
    a.sys.close(fd);
    expect(machine.kernel.mounts.root.root.inode.lookup("f")?.locks).toBeUndefined();
  });
});
