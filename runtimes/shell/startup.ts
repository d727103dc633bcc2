/** The files that a shell reads before anything else. */
import { KernelError } from "../../kernel/abi.ts";
import type { CommandLine } from "./command-line.ts";
import { runText } from "./execute/run-text.ts";
import { readScript } from "./execute/script-file.ts";
import type { Shell } from "./state.ts";
import { expandTemplate } from "./words/expand.ts";
import { expandTilde } from "./words/home.ts";

export async function readStartupFiles(shell: Shell, line: CommandLine): Promise<void> {
  if (line.isLogin && line.readsProfile) {
    await readIfThere(shell, "/etc/profile");
    const personal = line.isSh
      ? ["~/.profile"]
      : ["~/.bash_profile", "~/.bash_login", "~/.profile"];
    for (const path of personal) if (await readIfThere(shell, path)) break;
  }
  if (line.isSh) {
    if (shell.isInteractive) await readNamed(shell, "ENV");
  } else if (shell.isInteractive && !line.isLogin) {
    if (line.rcFile === "~/.bashrc") await readIfThere(shell, "/etc/bash.bashrc");
    if (line.rcFile !== undefined) await readIfThere(shell, line.rcFile);
  } else if (!shell.isInteractive) await readNamed(shell, "BASH_ENV");
}

/** The file that a variable names, its value expanded. */
async function readNamed(shell: Shell, variable: string): Promise<void> {
  const value = shell.variables.get(variable);
  if (!value) return;
  await readIfThere(shell, await expandTemplate(shell, value, "document"));
}

async function readIfThere(shell: Shell, name: string): Promise<boolean> {
  const path = name.startsWith("~/") ? expandTilde(shell, "") + name.slice(1) : name;
  let text: string;
  try {
    text = await readScript(shell, path);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return false;
  }
  const frame = {
    name: "source",
    isFunction: false,
    source: shell.source,
    callLine: 0,
    caller: shell.source,
    args: [],
  };
  shell.frames.push(frame);
  try {
    await runText(shell, text, { name: path });
    if (shell.jump?.kind === "return") shell.jump = undefined;
  } finally {
    shell.frames.pop();
  }
  return true;
}
