/** Prompts of a shell: its own facts in the place of the escapes, then the expansions. */
import { AT_FDCWD, KernelError } from "../../kernel/abi.ts";
import { decodePrompt, type PromptFacts } from "./prompt.ts";
import { BASH_VERSION } from "./special-variables.ts";
import type { Shell } from "./state.ts";
import type { MaybePromise } from "./task.ts";
import { currentUser } from "./users.ts";
import { expandTemplate } from "./words/expand.ts";

/** `text` as a prompt shows it. */
export function expandPromptText(
  shell: Shell,
  text: string,
  marksInvisible = false,
): MaybePromise<string> {
  if (!/[\\$`]/u.test(text)) return text;
  const isExpanded = shell.shopt.promptvars;
  const decoded = decodePrompt(text, factsOf(shell), { isExpanded, marksInvisible });
  return isExpanded ? expandTemplate(shell, decoded, "document") : decoded;
}

function factsOf(shell: Shell): PromptFacts {
  const { sys, variables } = shell;
  const { effective } = sys.getresuid() as { effective: number };
  return {
    user: currentUser(shell)?.name ?? "I have no name!",
    isRoot: effective === 0,
    hostname: (sys.uname() as { nodename: string }).nodename,
    cwd: variables.get("PWD") ?? shell.cwd,
    home: variables.get("HOME"),
    directoryTrim: Number(variables.get("PROMPT_DIRTRIM") ?? 0) || 0,
    jobs: shell.jobs.all.filter(({ state }) => state !== "done").length,
    historyNumber: shell.history.nextNumber,
    commandNumber: shell.commandNumber,
    terminal: terminalName(shell),
    shellName: shell.name,
    version: BASH_VERSION,
    now: Number((sys.clock_gettime(0) as bigint) / 1_000_000_000n),
    zone: variables.get("TZ"),
  };
}

function terminalName({ sys }: Shell): string {
  try {
    void sys.tcgets(0);
    const path = sys.readlinkat(AT_FDCWD, "/proc/self/fd/0") as string;
    return path.slice(path.lastIndexOf("/") + 1);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return "tty";
  }
}
