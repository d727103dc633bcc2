/** User and group ids (credentials(7)), limits and priorities. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Kernel, Resource, type Sys } from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel();
});
afterEach(() => kernel.shutdown());

const users = (sys: Sys) => Object.values(now(sys.getresuid()));
const groups = (sys: Sys) => Object.values(now(sys.getresgid()));

test("root may become anybody; -1 keeps an id", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.setresgid(5, -1, 7));
    now(sys.setgroups([1, 2, 3]));
    now(sys.setresuid(-1, 10, 20));
    note(users(sys), groups(sys), now(sys.getgroups()));
    note(await codeOf(() => sys.setresuid(-2, -1, -1)));
  });
  expect(notes).toEqual([[0, 10, 20], [5, 0, 7], [1, 2, 3], "EINVAL"]);
});

test("others move among the ids that they have", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.setresgid(1, 2, 3));
    now(sys.setresuid(1, 2, 3));
    note(await codeOf(() => sys.setresuid(3, 1, 2)), users(sys));
    note(
      await codeOf(() => sys.setresuid(4, -1, -1)),
      await codeOf(() => sys.setresuid(-1, -1, 0)),
    );
    note(await codeOf(() => sys.setresgid(2, 2, 2)), groups(sys));
    note(await codeOf(() => sys.setresgid(3, -1, -1)), await codeOf(() => sys.setgroups([])));
  });
  expect(notes).toEqual(["OK", [3, 1, 2], "EPERM", "EPERM", "OK", [2, 2, 2], "EPERM", "EPERM"]);
});

test("privilege leaves with the effective root and comes back with it", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.setresuid(0, 1000, 0));
    note(await codeOf(() => sys.setgroups([])));
    now(sys.setresuid(-1, 0, -1));
    note(await codeOf(() => sys.setgroups([])));
    now(sys.setresuid(1000, 1000, 1000));
    note(await codeOf(() => sys.setresuid(-1, 0, -1)));
  });
  expect(notes).toEqual(["EPERM", "OK", "EPERM"]);
});

test("too many groups are EINVAL", async () => {
  const many = Array.from({ length: 65_537 }, (_, i) => i);
  expect(await codeOf(() => kernel.init.setgroups(many))).toBe("EINVAL");
  expect(await codeOf(() => kernel.init.setgroups(many.slice(1)))).toBe("OK");
});

test("limits: lowered by anybody, raised up to the hard one, beyond it by root", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const { RLIMIT_CORE, RLIMIT_FSIZE } = Resource;
    note(now(sys.prlimit64(0, RLIMIT_FSIZE, undefined)).hard);
    now(sys.prlimit64(0, RLIMIT_FSIZE, { soft: 10, hard: 20 }));
    const child = sys.fork(async (sys) => {
      now(sys.setresuid(1000, 1000, 1000));
      const set = (soft: number, hard: number) =>
        codeOf(() => sys.prlimit64(0, RLIMIT_FSIZE, { soft, hard }));
      note(
        await set(20, 20),
        await set(21, 20),
        await set(5, 30),
        await set(5, 5),
        await set(5, 6),
      );
      note(await set(Number.NaN, 5), await set(-1, 5));
      note(now(sys.prlimit64(0, RLIMIT_FSIZE, undefined)));
      note(await codeOf(() => sys.prlimit64(1, RLIMIT_FSIZE, undefined)));
      note(await codeOf(() => sys.prlimit64(0, 16, undefined)));
      note(await codeOf(() => sys.prlimit64(30_000, RLIMIT_FSIZE, undefined)));
      return 0;
    });
    await sys.wait4(child, 0);
    note(await codeOf(() => sys.prlimit64(0, RLIMIT_FSIZE, { soft: 30, hard: 30 })));
    note(now(sys.prlimit64(0, RLIMIT_CORE, undefined)).soft);
  });
  expect(notes).toEqual([
    Number.POSITIVE_INFINITY,
    ...["OK", "EINVAL", "EPERM", "OK", "EPERM", "EINVAL", "EINVAL"],
    { soft: 5, hard: 5 },
    ...["EPERM", "EINVAL", "ESRCH", "OK"],
    0,
  ]);
});

test("priorities: raised nice by its user, lowered by root", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.setresuid(0, 1000, 0));
    now(sys.setpriority(0, 5));
    note(now(sys.getpriority(0)), await codeOf(() => sys.setpriority(0, 4)));
    note(await codeOf(() => sys.setpriority(1, 5)), await codeOf(() => sys.getpriority(30_000)));
    now(sys.setpriority(0, 100));
    note(now(sys.getpriority(sys.pid)));
    now(sys.setresuid(-1, 0, -1));
    now(sys.setpriority(0, -100));
    note(now(sys.getpriority(0)));
    const child = sys.fork((sys) => (now(sys.getpriority(0)) === -20 ? 0 : 1));
    note((await sys.wait4(child, 0)).status);
  });
  expect(notes).toEqual([5, "EACCES", "EPERM", "ESRCH", 19, -20, 0]);
});
