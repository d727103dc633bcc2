/**
 * Readline's settings: key bindings and `set` lines of an inputrc, as far as this editor has what they
 * speak of. Others are passed over, as readline passes over variables that it does not know.
 *
 * @see https://tiswww.case.edu/php/chet/readline/readline.html#Readline-Init-File-Syntax
 */
import type { EditorOptions, LineEditor } from "./editor.ts";
import { parseKeySequence } from "./keymap.ts";

/** Variables that are switches, and the option that each is. */
const SWITCHES: Readonly<Record<string, keyof EditorOptions>> = {
  "completion-ignore-case": "completionIgnoreCase",
  "enable-bracketed-paste": "bracketedPaste",
  "show-all-if-ambiguous": "showAllIfAmbiguous",
};

export function applyInputrc(editor: LineEditor, text: string): void {
  /** For each open `$if`: whether what is in it holds. */
  const conditions: boolean[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("$")) applyDirective(line, conditions);
    else if (conditions.every((holds) => holds)) applyLine(editor, line);
  }
}

function applyDirective(line: string, conditions: boolean[]): void {
  const [directive, test = ""] = line.split(/\s+/u);
  if (directive === "$if") conditions.push(/^(?:bash|mode=emacs|term=.*)$/iu.test(test));
  else if (directive === "$else") conditions.push(!conditions.pop());
  else if (directive === "$endif") conditions.pop();
}

function applyLine(editor: LineEditor, line: string): void {
  const variable = /^set\s+(\S+)\s*(\S*)/u.exec(line);
  if (variable !== null) {
    setEditorVariable(editor, variable[1] as string, variable[2] as string);
    return;
  }
  const match = /^(?:"((?:\\.|[^"\\])*)"|([^\s:]+))\s*:\s*(.+)$/u.exec(line);
  if (match === null) return;
  const keys = match[1] === undefined ? namedKey(match[2] as string) : parseKeySequence(match[1]);
  const action = (match[3] as string).trim();
  const macro = /^(["'])((?:\\.|(?!\1)[\s\S])*)\1/u.exec(action);
  if (macro !== null) {
    editor.keymap.set(keys, { kind: "macro", text: parseKeySequence(macro[2] as string) });
  } else {
    const [name = ""] = action.split(/\s/u);
    editor.keymap.set(keys, { kind: "command", name: name.toLowerCase() });
  }
}

/** `Control-u`, `Meta-Rubout`, `TAB`. */
function namedKey(name: string): string {
  const notation = name
    .replace(/^(?:control|ctrl|c)-/iu, "\\C-")
    .replace(/^(?:meta|m)-(?:control-|c-)?/iu, (prefix) =>
      /c/iu.test(prefix.slice(2)) ? "\\M-\\C-" : "\\M-",
    );
  const key = /(?:del|rubout)$/iu.test(notation)
    ? notation.replace(/(?:del|rubout)$/iu, "\\C-?")
    : notation
        .replace(/esc(?:ape)?$/iu, "\\e")
        .replace(/(?:lfd|newline)$/iu, "\\C-j")
        .replace(/ret(?:urn)?$/iu, "\\C-m")
        .replace(/(?:spc|space)$/iu, " ")
        .replace(/tab$/iu, "\\C-i");
  return parseKeySequence(key);
}

export function setEditorVariable(editor: LineEditor, name: string, value: string): void {
  const isOn = value === "" || value === "1" || value.toLowerCase() === "on";
  const option = SWITCHES[name];
  if (option !== undefined) Object.assign(editor.options, { [option]: isOn });
  else if (name === "completion-query-items") {
    const items = Number(value);
    editor.options.completionQueryItems = items > 0 ? items : Number.POSITIVE_INFINITY;
  } else if (name === "bell-style") editor.options.bell = value !== "none";
}

/** As `set` lines, or as sentences. */
export function variableLines(editor: LineEditor, asInput: boolean): string {
  const { options } = editor;
  const values: [string, string][] = [
    ["bell-style", options.bell ? "audible" : "none"],
    ["completion-query-items", String(options.completionQueryItems)],
    ...Object.entries(SWITCHES).map(([name, option]): [string, string] => [
      name,
      options[option] ? "on" : "off",
    ]),
  ];
  return values
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) =>
      asInput ? `set ${name} ${value}\n` : `${name} is set to \`${value}'\n`,
    )
    .join("");
}
