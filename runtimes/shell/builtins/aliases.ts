/** `alias` and `unalias`. */
import type { BuiltinTable } from "../builtin.ts";
import { quoteSingle } from "../quote.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { parseOptions, printUsage } from "./arguments.ts";
import { sortedNames } from "./variable-text.ts";

export const aliasBuiltins: BuiltinTable = {
  alias: { run: alias, synopsis: "[-p] [name[=value] ... ]" },
  unalias: { run: unalias, synopsis: "[-a] name [name ...]" },
};

function alias(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const { operands, list } = parseOptions(shell, args, "p");
  let output = "";
  let status = 0;
  if (operands.length === 0 || list.length > 0) {
    for (const name of sortedNames([...shell.aliases.keys()])) output += aliasLine(shell, name);
  }
  for (const operand of operands) {
    const equals = operand.indexOf("=", 1);
    if (equals < 0) {
      if (shell.aliases.has(operand)) output += aliasLine(shell, operand);
      else {
        shell.complain(`${operand}: not found`);
        status = 1;
      }
      continue;
    }
    const name = operand.slice(0, equals);
    if (/[\s/$`=|&;()<>'"\\]/u.test(name)) {
      shell.complain(`\`${name}': invalid alias name`);
      status = 1;
    } else shell.aliases.set(name, operand.slice(equals + 1));
  }
  return output === "" ? status : chain(shell.write(1, output), () => status);
}

function aliasLine(shell: Shell, name: string): string {
  const dashes = name.startsWith("-") ? "-- " : "";
  return `alias ${dashes}${name}=${quoteSingle(shell.aliases.get(name) ?? "")}\n`;
}

function unalias(shell: Shell, args: readonly string[]): number {
  const options = parseOptions(shell, args, "a");
  if (options.has("a")) {
    shell.aliases.clear();
    return 0;
  }
  if (options.operands.length === 0) return printUsage(shell);
  let status = 0;
  for (const name of options.operands) {
    if (shell.aliases.delete(name)) continue;
    shell.complain(`${name}: not found`);
    status = 1;
  }
  return status;
}
