/** `type`: what names mean. `command` and `builtin`, which run them, stand in execution.ts. */
import type { BuiltinTable } from "../builtin.ts";
import { functionText } from "../function-text.ts";
import type { Shell } from "../state.ts";
import { type Options, parseOptions } from "./arguments.ts";
import { lookUp, type Meaning } from "./lookup.ts";

export const commandBuiltins: BuiltinTable = {
  type: { run: type, synopsis: "[-afptP] name [name ...]" },
};

async function type(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "afptP");
  let output = "";
  let status = 0;
  for (const name of options.operands) {
    const text = await describe(shell, name, options);
    output += text ?? "";
    if (text === undefined) status = 1;
    if (text !== undefined || options.last("tpP") !== undefined) continue;
    await shell.write(1, output);
    output = "";
    shell.complain(`${name}: not found`);
  }
  await shell.write(1, output);
  return status;
}

/** Undefined where the name means nothing. */
async function describe(shell: Shell, name: string, options: Options): Promise<string | undefined> {
  const meanings = await lookUp(shell, name, {
    all: options.has("a"),
    functions: !options.has("f"),
    onlyFiles: options.has("P"),
  });
  if (meanings.length === 0) return undefined;
  if (options.has("t")) return meanings.map(({ kind }) => `${kind}\n`).join("");
  if (options.has("p") || options.has("P")) {
    return meanings.map((one) => (one.kind === "file" ? `${one.path}\n` : "")).join("");
  }
  return meanings.map((meaning) => sentence(shell, name, meaning)).join("");
}

function sentence(shell: Shell, name: string, meaning: Meaning): string {
  switch (meaning.kind) {
    case "alias":
      return `${name} is aliased to \`${meaning.value}'\n`;
    case "keyword":
      return `${name} is a shell keyword\n`;
    case "function":
      return `${name} is a function\n${functionText(meaning.definition)}\n`;
    case "builtin": {
      const special = meaning.isSpecial && shell.options.posix ? "special " : "";
      return `${name} is a ${special}shell builtin\n`;
    }
    case "file":
      return meaning.isHashed
        ? `${name} is hashed (${meaning.path})\n`
        : `${name} is ${meaning.path}\n`;
  }
}
