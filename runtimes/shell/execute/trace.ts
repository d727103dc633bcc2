/** `set -x`: prints each command before it runs, behind PS4. */
import type { Word } from "unbash";
import { Abandon, ShellError } from "../errors.ts";
import { quoteReusable, quoteSingle } from "../quote.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise, type Task } from "../task.ts";
import { expandTemplate } from "../words/expand.ts";

/** Prints a command's words, quoted so that they could be read again; `asWritten` prints them as they are. */
export function traceWords(
  shell: Shell,
  words: readonly string[],
  asWritten = false,
): MaybePromise<void> {
  const text = (asWritten ? words : words.map(quoteTraced)).join(" ");
  return chain(tracePrefix(shell), (prefix) => writeTrace(shell, `${prefix}${text}\n`));
}

/** `for x in a b` at each turn of the loop. */
export function* traceFor(
  shell: Shell,
  name: string,
  words: readonly Word[] | undefined,
  values: readonly string[],
): Task<void> {
  const list = words ? words.map((word) => word.text) : values.map(quoteTraced);
  const traced = traceWords(shell, ["for", name, "in", ...list], true);
  if (traced instanceof Promise) yield traced;
}

export function quoteTraced(word: string): string {
  if (word === "") return "''";
  if (/[\s'"\\|&;()<>!{}*[\]?^$`]|^[#~]|[:=]~/u.test(word)) return quoteSingle(word);
  return quoteReusable(word) === quoteSingle(word) ? word : quoteReusable(word);
}

/** PS4, its first character once for each level of `eval` and substitution. */
function tracePrefix(shell: Shell): MaybePromise<string> {
  const { options, status } = shell;
  options.xtrace = false;
  const text = shell.variables.get("PS4") ?? "";
  const finish = (prefix: string): string => {
    options.xtrace = true;
    shell.status = status;
    const [first = ""] = prefix;
    return first.repeat(Math.max(shell.traceDepth, 0)) + prefix;
  };
  // What cannot be expanded is shown as it is.
  const give = (reason: unknown): string => {
    options.xtrace = true;
    if (!(reason instanceof Abandon)) throw reason;
    return finish(text);
  };
  try {
    const expanded = expandTemplate(shell, text, "document");
    return typeof expanded === "string" ? finish(expanded) : expanded.then(finish, give);
  } catch (reason) {
    return give(reason);
  }
}

function writeTrace(shell: Shell, text: string): void {
  const fd = Number(shell.variables.get("BASH_XTRACEFD") || 2);
  if (fd === 2) {
    shell.output.warn(text);
    return;
  }
  try {
    const result = shell.write(fd, text);
    if (result) result.catch(() => undefined);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
  }
}
