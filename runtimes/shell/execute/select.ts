/** `select`: a menu on standard error, a choice from standard input. */
import type { Select } from "unbash";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { compileWord } from "../words/compile.ts";
import { expandFields, expandTemplate } from "../words/expand.ts";
import { isName } from "../words/subscripts.ts";
import { leavesLoop } from "./compound.ts";
import { checkpoint } from "./control.ts";
import { runList } from "./statement.ts";

const DEFAULT_WIDTH = 80;
const TAB = 8;

export function runSelect(shell: Shell, node: Select): MaybePromise<number> {
  return drive(select(shell, node));
}

function* select(shell: Shell, node: Select): Task<number> {
  shell.position = node.pos;
  const name = node.name.text;
  if (!isName(name)) {
    shell.warn(`\`${name}': not a valid identifier`);
    shell.status = 1;
    return 1;
  }
  const fields = node.wordlist
    ? expandFields(shell, node.wordlist.map(compileWord))
    : [...shell.positional];
  const choices: readonly string[] = fields instanceof Promise ? yield fields : fields;
  let status = 0;
  shell.loopDepth++;
  try {
    let showMenu = true;
    while (choices.length > 0) {
      const answer: string | undefined = yield* ask(shell, choices, showMenu);
      if (answer === undefined) {
        status = 1;
        break;
      }
      showMenu = answer === "";
      if (showMenu) continue;
      shell.variables.set("REPLY", answer);
      const number = /^[0-9]+$/u.test(answer.trim()) ? Number(answer) : 0;
      shell.variables.set(name, choices[number - 1] ?? "");
      const result = runList(shell, node.body);
      status = typeof result === "number" ? result : yield result;
      if (shell.jump && leavesLoop(shell)) break;
      const pause = checkpoint(shell);
      if (pause) yield pause;
      showMenu = (shell.variables.get("REPLY") ?? "") === "";
    }
  } finally {
    shell.loopDepth--;
  }
  if (shell.jump?.kind === "return") return shell.status;
  shell.status = status;
  return status;
}

/** The line that was read; undefined at the end of input. */
function* ask(
  shell: Shell,
  choices: readonly string[],
  showMenu: boolean,
): Task<string | undefined> {
  const expanded = expandTemplate(shell, shell.variables.get("PS3") ?? "#? ", "document");
  const prompt: string = typeof expanded === "string" ? expanded : yield expanded;
  shell.output.warn((showMenu ? menu(shell, choices) : "") + prompt);
  const read = shell.builtins.get("read");
  if (!read) return undefined;
  const result = read.run(shell, ["REPLY"]);
  const status: number = typeof result === "number" ? result : yield result;
  if (status === 0) return shell.variables.get("REPLY") ?? "";
  shell.output.warn("\n");
  return undefined;
}

/** In columns, filled downwards, as wide as the terminal allows. */
function menu(shell: Shell, choices: readonly string[]): string {
  const width = Number(shell.variables.get("COLUMNS")) || DEFAULT_WIDTH;
  const digits = String(choices.length).length;
  const longest = Math.max(...choices.map((choice) => choice.length)) + digits + 2;
  const column = longest + 2;
  const columns = Math.max(Math.min(Math.floor(width / column), choices.length), 1);
  const rows = Math.ceil(choices.length / columns);
  const isOneColumn = rows === choices.length || (columns > 1 && rows === 1);
  const height = isOneColumn ? choices.length : rows;
  let text = "";
  for (let row = 0; row < height; row++) {
    let at = 0;
    for (let number = row; number < choices.length; number += height) {
      const item = `${String(number + 1).padStart(digits)}) ${choices[number]}`;
      text += item;
      at += item.length;
      if (number + height >= choices.length) break;
      const target = (Math.floor(number / height) + 1) * column;
      text += indent(at, target);
      at = target;
    }
    text += "\n";
  }
  return text;
}

/** Tabs as far as they reach, then blanks. */
function indent(from: number, to: number): string {
  let text = "";
  let at = from;
  while (at < to) {
    if (Math.floor(to / TAB) > Math.floor(at / TAB)) {
      text += "\t";
      at += TAB - (at % TAB);
    } else {
      text += " ";
      at++;
    }
  }
  return text;
}
