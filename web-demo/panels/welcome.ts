/** What the first terminal of a new machine says: three things to try, each a link. */
import type { TerminalView } from "./terminal-view.ts";

interface Trial {
  /** What the link does: a line to type, or a part of the page. */
  readonly link: string;
  readonly shown: string;
  readonly says: string;
}

export const WELCOME_FILE = "welcome.md";
export const PIPELINE = "seq 100 | grep 7 | sort -rn | head -n 3";

const TRIALS: readonly Trial[] = [
  { link: "isopod:type", shown: PIPELINE, says: "real tools, each a process of its own" },
  { link: "isopod:edit", shown: `edit ${WELCOME_FILE}`, says: "and save it with Ctrl-S" },
  { link: "isopod:timeline", shown: "take a snapshot", says: "then break something, and go back" },
];
const LINKS = TRIALS.map(({ link }) => link);
const WIDE = 84;

/** The text of the file that a new machine has in its home. */
export const WELCOME_TEXT = `# Welcome

This is a machine in your browser: a kernel, a shell and the usual tools.
Nothing runs on a server; its files are kept in this browser.

- The terminal below is bash. \`ls /usr/bin\` shows what there is to run.
- Drop files or folders on the list at the left, or download them from there.
- The timeline keeps snapshots: restore one, or fork it into another machine.

Press F1 for the keys.
`;

export function welcome(view: TerminalView): void {
  view.say(text(view.columns), LINKS);
}

function text(columns: number): string {
  const isWide = columns >= WIDE;
  const longest = Math.max(...TRIALS.map(({ shown }) => shown.length));
  const lines = TRIALS.map(({ link, shown, says }, index) => {
    const number = `  ${dim(String(index + 1))}  `;
    const space = " ".repeat(longest - shown.length + 3);
    return number + linked(link, shown) + (isWide ? space + dim(says) : "");
  });
  const what = isWide
    ? "A machine in this tab: a kernel, a shell, and the real tools as WebAssembly."
    : "A machine in this tab.";
  return `${bold("Isopod")}  ${what}\nThree things to try, a click each:\n\n${lines.join("\n")}\n\n`;
}

function linked(link: string, shown: string): string {
  return `\u001b]8;;${link}\u0007\u001b[36m${shown}\u001b[0m\u001b]8;;\u0007`;
}

const bold = (text: string) => `\u001b[1;32m${text}\u001b[0m`;
const dim = (text: string) => `\u001b[2m${text}\u001b[0m`;
