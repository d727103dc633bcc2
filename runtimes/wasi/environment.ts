/**
 * The environment that a program reads. The commands' libc takes its working directory from PWD, for
 * want of a call, so PWD has to be there and right; it stays as the program's parent wrote it where it
 * names the working directory by another way, through a symbolic link. A program that opens no path is
 * left alone: `env` shows what it was given.
 */
import { AT_FDCWD, type BlockingSyscalls, KernelError } from "../../kernel/abi.ts";
import type { Paths } from "./paths.ts";
import type { ProgramContext } from "./program-context.ts";

const PWD = "PWD=";

export function environment({ sys, paths, envp, opensPaths }: ProgramContext): string[] {
  if (!opensPaths) return [...envp];
  const directory = workingDirectory(paths);
  const given = envp.findLast((entry) => entry.startsWith(PWD))?.slice(PWD.length);
  if (directory === undefined || given === directory) return [...envp];
  if (given?.startsWith("/") && isWorkingDirectory(sys, given)) return [...envp];
  return [...envp.filter((entry) => !entry.startsWith(PWD)), PWD + directory];
}

/** Undefined where the directory was removed. */
function workingDirectory(paths: Paths): string | undefined {
  try {
    return paths.workingDirectory();
  } catch (reason) {
    if (reason instanceof KernelError) return undefined;
    throw reason;
  }
}

function isWorkingDirectory(sys: BlockingSyscalls, path: string): boolean {
  try {
    const named = sys.newfstatat(AT_FDCWD, path, 0);
    const actual = sys.newfstatat(AT_FDCWD, ".", 0);
    return named.dev === actual.dev && named.ino === actual.ino;
  } catch (reason) {
    if (reason instanceof KernelError) return false;
    throw reason;
  }
}
