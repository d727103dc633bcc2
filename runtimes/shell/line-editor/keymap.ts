/**
 * The keys of emacs mode by default, and the notation of key sequences in inputrc files and `bind`.
 * Pure.
 *
 * @see https://tiswww.case.edu/php/chet/readline/readline.html#Bindable-Readline-Commands
 */
import type { Binding } from "./keys.ts";

/** A fresh copy of the default bindings, which `bind` may change. */
export function defaultKeymap(): Map<string, Binding> {
  const keymap = new Map<string, Binding>();
  for (const line of DEFAULTS.trim().split("\n")) {
    const [name = "", ...sequences] = line.trim().split(/\s+/u);
    for (const sequence of sequences) {
      keymap.set(parseKeySequence(sequence), { kind: "command", name });
    }
  }
  for (let digit = 0; digit <= 9; digit++) {
    keymap.set(`\x1b${digit}`, { kind: "command", name: "digit-argument" });
  }
  return keymap;
}

/** Reads `\C-x\C-e`, `\M-f`, `\e[A`, `\t`, `\x41`, `\101`, as between quotes in an inputrc. */
export function parseKeySequence(notation: string): string {
  let keys = "";
  let position = 0;
  while (position < notation.length) {
    const found = readKey(notation, position);
    keys += found.key;
    position = found.end;
  }
  return keys;
}

/** The reverse of `parseKeySequence`, in the notation of `bind -p`. */
export function showKeySequence(keys: string): string {
  return [...keys].map(showKey).join("");
}

function readKey(notation: string, start: number): { key: string; end: number } {
  const rest = notation.slice(start);
  const control = /^\\C-(?:\\M-)?(.)/su.exec(rest);
  if (control !== null) {
    const meta = rest.startsWith("\\C-\\M-") ? "\x1b" : "";
    return { key: meta + controlKey(control[1] as string), end: start + control[0].length };
  }
  const meta = /^\\M-/u.exec(rest);
  if (meta !== null) {
    const key = readKey(notation, start + 3);
    return { key: `\x1b${key.key}`, end: key.end };
  }
  const code = /^\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3}))/u.exec(rest);
  if (code !== null) {
    const value =
      code[1] === undefined ? Number.parseInt(code[2] ?? "0", 8) : Number(`0x${code[1]}`);
    return { key: String.fromCharCode(value & 0xff), end: start + code[0].length };
  }
  const escaped = /^\\(.)/su.exec(rest);
  if (escaped !== null) {
    const letter = escaped[1] as string;
    return { key: ESCAPES[letter] ?? letter, end: start + 2 };
  }
  const character = String.fromCodePoint(notation.codePointAt(start) as number);
  return { key: character, end: start + character.length };
}

function controlKey(letter: string): string {
  return letter === "?" ? "\x7f" : String.fromCharCode(letter.toUpperCase().charCodeAt(0) & 0x1f);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  d: "\x7f",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function showKey(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0x1b) return "\\e";
  if (code === 0x7f) return "\\C-?";
  if (code < 0x20)
    return `\\C-${String.fromCharCode(code + 0x40)
      .toLowerCase()
      .replace("\\", "\\\\")}`;
  return character === "\\" || character === '"' ? `\\${character}` : character;
}

const DEFAULTS = String.raw`
abort \C-g \C-x\C-g \M-\C-g
accept-line \C-j \C-m
backward-char \C-b \e[D \eOD
backward-delete-char \C-h \C-?
backward-kill-line \C-x\C-?
backward-kill-word \M-\C-h \M-\C-? \e[3;5~
backward-word \M-b \e[1;5D \e[1;3D \e\e[D \e[5D
beginning-of-history \M-<
beginning-of-line \C-a \e[H \eOH \e[1~ \e[7~
capitalize-word \M-c
character-search \C-]
character-search-backward \M-\C-]
clear-display \M-\C-l
clear-screen \C-l
complete \C-i \M-\e
delete-char \e[3~
delete-horizontal-space \M-\\
downcase-word \M-l
end-of-file \C-d
end-of-history \M->
end-of-line \C-e \e[F \eOF \e[4~ \e[8~
exchange-point-and-mark \C-x\C-x
forward-char \C-f \e[C \eOC
forward-search-history \C-s
forward-word \M-f \e[1;5C \e[1;3C \e\e[C \e[5C
insert-comment \M-#
insert-completions \M-*
kill-line \C-k
kill-word \M-d
negative-argument \M--
next-history \C-n \e[B \eOB
operate-and-get-next \C-o
overwrite-mode \e[2~
possible-completions \M-= \M-?
previous-history \C-p \e[A \eOA
quoted-insert \C-q \C-v
reverse-search-history \C-r
revert-line \M-r \M-\C-r
set-mark \C-@ \M-\x20
tab-insert \M-\C-i
tilde-expand \M-&
transpose-chars \C-t
transpose-words \M-t
undo \C-_ \C-x\C-u
unix-line-discard \C-u
unix-word-rubout \C-w
upcase-word \M-u
yank \C-y
yank-last-arg \M-. \M-_
yank-nth-arg \M-\C-y
yank-pop \M-y
`;
