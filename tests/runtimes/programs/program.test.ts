/** What the small programs have in common: they are loaded when they first run. */
import { expect, test } from "vitest";
import { AT_FDCWD, type Main, O_CREAT, O_RDWR } from "../../../kernel/index.ts";
import { allPrograms } from "../../../runtimes/programs/all.ts";
import { smallPrograms } from "../../../runtimes/programs/index.ts";
import { lazyProgram, readText } from "../../../runtimes/programs/program.ts";
import { bootKernel, recorded, run } from "../../kernel/boot.ts";

test("those that can be run are those that there are", () => {
  expect([...smallPrograms.keys()].sort()).toEqual([...allPrograms.keys()].sort());
});

test("one that cannot be loaded says so and ends with 126; its next run tries again", async () => {
  let tries = 0;
  const program = lazyProgram("late", async () => {
    if (++tries === 1) throw new TypeError("Failed to fetch https://host.example/late.js");
    return () => 7;
  });
  const kernel = bootKernel();
  const withOutput: Main = async (sys) => {
    for (let fd = 0; fd <= 2; fd++) await sys.openat(AT_FDCWD, "/tmp/out", O_RDWR | O_CREAT, 0o666);
    return program(sys);
  };
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await run(kernel, withOutput)) >> 8);
  expect(statuses).toEqual([126, 7, 7]);
  expect(tries).toBe(2);
  expect(
    await recorded(kernel, async (sys, note) => note(await readText(sys, "/tmp/out"))),
  ).toEqual(["late: cannot be loaded\n"]);
});
