/** The small programs inside the kernel, by the name that their executable files hold. */
import type { Main } from "../../kernel/index.ts";
import { lazyProgram } from "./program.ts";

const NAMES = [
  ...["arch", "cat", "chroot", "df", "flock", "groups", "hostname", "id", "less", "setsid", "stty"],
  ...["sync", "tty", "uname", "whoami"],
];

/** A machine boots, and shows a prompt, without any of them. */
export const smallPrograms: ReadonlyMap<string, Main> = new Map(
  NAMES.map((name) => [name, lazyProgram(name, () => load(name))]),
);

async function load(name: string): Promise<Main> {
  const { allPrograms } = await import("./all.ts");
  return allPrograms.get(name) as Main;
}
