/** `bind`: the keys of the line editor. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { readScript } from "../execute/script-file.ts";
import { COMMAND_NAMES } from "../line-editor/command-names.ts";
import { LineEditor } from "../line-editor/editor.ts";
import { applyInputrc, setEditorVariable, variableLines } from "../line-editor/inputrc.ts";
import { parseKeySequence, showKeySequence } from "../line-editor/keymap.ts";
import type { Binding } from "../line-editor/keys.ts";
import type { Shell } from "../state.ts";
import { type Options, parseOptions } from "./arguments.ts";

export const bindBuiltins: BuiltinTable = {
  bind: {
    run: bind,
    synopsis:
      "[-lpsvPSVX] [-m keymap] [-f filename] [-q name] [-u name] [-r keyseq] [-x keyseq:shell-command] [keyseq:readline-function or readline-command]",
  },
};

async function bind(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "lpsvPSVXm:f:q:u:r:x:");
  if (!shell.isInteractive) shell.complain("warning: line editing not enabled");
  // A script may ask as well; it gets an editor that nothing is typed into.
  const editor = editorOf(shell);
  shell.editor = editor;
  const file = options.value("f");
  if (file !== undefined) applyInputrc(editor, await readScript(shell, file));
  await list(shell, editor, options);
  const status = await query(shell, editor, options);
  unbind(editor, options);
  const command = options.value("x");
  if (command !== undefined) bindCommand(editor, command);
  for (const operand of options.operands) bindLine(editor, operand);
  return status;
}

/** A subshell has a copy of its own: what it binds is not the parent's concern. */
function editorOf(shell: Shell): LineEditor {
  if (shell.editor !== undefined && shell.subshellDepth === 0) return shell.editor;
  const editor = new LineEditor(shell.editor?.options);
  if (shell.editor === undefined) return editor;
  editor.keymap.clear();
  for (const [keys, binding] of shell.editor.keymap) editor.keymap.set(keys, binding);
  return editor;
}

/** `"\C-x": name`, or `set variable value`. */
function bindLine(editor: LineEditor, line: string): void {
  const variable = /^\s*set\s+(\S+)\s*(\S*)/u.exec(line);
  if (variable !== null) setEditorVariable(editor, variable[1] as string, variable[2] as string);
  else applyInputrc(editor, line);
}

async function list(shell: Shell, editor: LineEditor, options: Options): Promise<void> {
  let text = "";
  for (const { letter } of options.list) {
    if (letter === "l") text += COMMAND_NAMES.map((name) => `${name}\n`).join("");
    else if (letter === "p" || letter === "P") text += listKeys(editor, letter === "p");
    else if (letter === "s" || letter === "S") text += listMacros(editor, letter === "s");
    else if (letter === "v" || letter === "V") text += variableLines(editor, letter === "v");
    else if (letter === "X") text += listCommands(editor);
  }
  await shell.write(1, text);
}

function listKeys(editor: LineEditor, asInput: boolean): string {
  return COMMAND_NAMES.map((name) => {
    const keys = keysOf(editor, (binding) => binding.kind === "command" && binding.name === name);
    if (asInput) {
      return keys.length === 0
        ? `# ${name} (not bound)\n`
        : keys.map((key) => `"${key}": ${name}\n`).join("");
    }
    if (keys.length === 0) return `${name} is not bound to any keys\n`;
    return `${name} can be found on ${keys.map((key) => `"${key}"`).join(", ")}.\n`;
  }).join("");
}

function keysOf(editor: LineEditor, matches: (binding: Binding) => boolean): string[] {
  return [...editor.keymap]
    .filter(([, binding]) => matches(binding))
    .map(([keys]) => showKeySequence(keys));
}

function listMacros(editor: LineEditor, asInput: boolean): string {
  return [...editor.keymap]
    .map(([keys, binding]) => {
      if (binding.kind !== "macro") return "";
      const shown = showKeySequence(keys);
      const text = showKeySequence(binding.text);
      return asInput ? `"${shown}": "${text}"\n` : `${shown} outputs ${text}\n`;
    })
    .join("");
}

function listCommands(editor: LineEditor): string {
  return [...editor.keymap]
    .map(([keys, binding]) =>
      binding.kind === "shell" ? `"${showKeySequence(keys)}": "${binding.command}"\n` : "",
    )
    .join("");
}

async function query(shell: Shell, editor: LineEditor, options: Options): Promise<number> {
  const name = options.value("q");
  if (name === undefined) return 0;
  requireCommand(name);
  const keys = keysOf(editor, (binding) => binding.kind === "command" && binding.name === name);
  const text =
    keys.length === 0
      ? `${name} is not bound to any keys.\n`
      : `${name} can be invoked via ${keys.map((key) => `"${key}"`).join(", ")}.\n`;
  await shell.write(1, text);
  return keys.length === 0 ? 1 : 0;
}

function requireCommand(name: string): void {
  if (!COMMAND_NAMES.includes(name)) throw new ShellError(`\`${name}': unknown function name`);
}

function unbind(editor: LineEditor, options: Options): void {
  const keys = options.value("r");
  if (keys !== undefined) editor.keymap.delete(parseKeySequence(keys));
  const name = options.value("u");
  if (name === undefined) return;
  requireCommand(name);
  for (const [sequence, binding] of editor.keymap) {
    if (binding.kind === "command" && binding.name === name) editor.keymap.delete(sequence);
  }
}

/** `-x '"\C-x": command'` */
function bindCommand(editor: LineEditor, text: string): void {
  const match = /^\s*"((?:\\.|[^"\\])*)"\s*:\s*([\s\S]*)$/u.exec(text);
  if (match === null) throw new ShellError(`${text}: first non-whitespace character is not \`"'`);
  const command = (match[2] as string).replace(/^(["'])([\s\S]*)\1\s*$/u, "$2");
  editor.keymap.set(parseKeySequence(match[1] as string), { kind: "shell", command });
}
