/**
 * The backslash escapes of PS1 and its like, which `${x@P}` decodes too. Pure: what they show is
 * handed in. What comes out is still to be expanded where `promptvars` is on, so data is quoted for
 * that.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Controlling-the-Prompt.html
 */
import { strftime } from "./time/strftime.ts";

export interface PromptFacts {
  readonly user: string;
  readonly isRoot: boolean;
  readonly hostname: string;
  /** The working directory as PWD has it. */
  readonly cwd: string;
  readonly home: string | undefined;
  /** PROMPT_DIRTRIM: how many directories `\w` keeps; 0: all. */
  readonly directoryTrim: number;
  readonly jobs: number;
  readonly historyNumber: number;
  readonly commandNumber: number;
  /** The terminal's name without directories. */
  readonly terminal: string;
  /** $0 */
  readonly shellName: string;
  /** As BASH_VERSION. */
  readonly version: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** The value of TZ. */
  readonly zone: string | undefined;
}

export interface PromptOptions {
  /** Expansions follow: `$`, backquotes, quotes and backslashes in data must survive them. */
  readonly isExpanded: boolean;
  /** A line editor wants to know what is invisible: `\[` and `\]` become \x01 and \x02. */
  readonly marksInvisible: boolean;
}

export function decodePrompt(text: string, facts: PromptFacts, options: PromptOptions): string {
  const data = (value: string) => (options.isExpanded ? value.replace(/[\\$`"]/gu, "\\$&") : value);
  return text.replace(
    /\\(?:D\{([^}]*)\}|([0-7]{1,3})|([\s\S])|$)/gu,
    (whole, format?: string, octal?: string, letter?: string) => {
      if (format !== undefined) return data(strftime(format || "%X", facts.now, facts.zone));
      if (octal !== undefined) return character(Number.parseInt(octal, 8) & 0xff);
      if (letter === undefined) return whole;
      // Not data: with a `$` behind it, it quotes that for the expansion to come.
      if (letter === "\\") return letter;
      if (letter === "[") return options.marksInvisible ? "\x01" : "";
      if (letter === "]") return options.marksInvisible ? "\x02" : "";
      const value = decodeLetter(letter, facts);
      return value === undefined ? whole : data(value);
    },
  );
}

function character(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}

/** The value of one escape; control characters come out as they are. */
function decodeLetter(letter: string, facts: PromptFacts): string | undefined {
  const time = (format: string) => strftime(format, facts.now, facts.zone);
  switch (letter) {
    case "a":
      return "\x07";
    case "e":
      return "\x1b";
    case "n":
      return "\n";
    case "r":
      return "\r";
    case "$":
      return facts.isRoot ? "#" : "$";
    case "u":
      return facts.user;
    case "h":
      return facts.hostname.split(".")[0] ?? "";
    case "H":
      return facts.hostname;
    case "w":
      return trimDirectories(tildeDirectory(facts), facts.directoryTrim);
    case "W":
      return facts.cwd === facts.home ? "~" : baseName(facts.cwd);
    case "j":
      return String(facts.jobs);
    case "!":
      return String(facts.historyNumber);
    case "#":
      return String(facts.commandNumber);
    case "l":
      return facts.terminal;
    case "s":
      return baseName(facts.shellName.replace(/^-/u, ""));
    case "v":
      return /^\d+\.\d+/u.exec(facts.version)?.[0] ?? facts.version;
    case "V":
      return /^\d+\.\d+\.\d+/u.exec(facts.version)?.[0] ?? facts.version;
    case "d":
      return time("%a %b %d");
    case "t":
      return time("%H:%M:%S");
    case "T":
      return time("%I:%M:%S");
    case "@":
      return time("%I:%M %p");
    case "A":
      return time("%H:%M");
    default:
      return undefined;
  }
}

function baseName(path: string): string {
  return path === "/" ? path : path.slice(path.lastIndexOf("/") + 1);
}

function tildeDirectory({ cwd, home }: PromptFacts): string {
  if (!home || home === "/") return cwd;
  if (cwd === home) return "~";
  return cwd.startsWith(`${home}/`) ? `~${cwd.slice(home.length)}` : cwd;
}

/** `~/.../c/d`: only the last `count` directories, where that is shorter. */
function trimDirectories(path: string, count: number): string {
  if (count <= 0) return path;
  const start = path.startsWith("~/") ? 2 : 0;
  const names = path
    .slice(start)
    .split("/")
    .filter((name) => name !== "");
  const kept = names.slice(-count).join("/");
  const removed = path.length - start - kept.length - 1;
  if (names.length <= count || removed <= 3) return path;
  return `${path.slice(0, start)}.../${kept}`;
}
