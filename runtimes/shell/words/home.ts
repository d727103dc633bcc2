/** Tilde expansion: home directories, and the directories that the shell remembers. */
import type { Shell } from "../state.ts";
import { homeOfUser } from "../users.ts";

/** What `~user` stands for; itself where there is no such user or directory. */
export function expandTilde(shell: Shell, user: string): string {
  if (user === "") return shell.variables.get("HOME") ?? homeOfUser(shell, undefined) ?? "/";
  if (user === "+") return shell.variables.get("PWD") ?? "~+";
  if (user === "-") return shell.variables.get("OLDPWD") ?? "~-";
  const stack = /^([+-]?)([0-9]+)$/u.exec(user);
  if (stack) return directoryOnStack(shell, stack[1] as string, Number(stack[2])) ?? `~${user}`;
  return homeOfUser(shell, user) ?? `~${user}`;
}

function directoryOnStack(shell: Shell, sign: string, number: number): string | undefined {
  const stack = [shell.cwd, ...shell.directoryStack];
  return stack[sign === "-" ? stack.length - 1 - number : number];
}
