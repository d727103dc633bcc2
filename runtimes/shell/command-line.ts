/** The command line of bash and sh. Pure. */
import type { SetOptions, ShoptOptions } from "./settings.ts";
import { defaultSetOptions, defaultShoptOptions } from "./settings.ts";
import { BASH_VERSION } from "./special-variables.ts";

export interface CommandLine {
  /** The argument of -c. */
  readonly command: string | undefined;
  readonly script: string | undefined;
  /** $0, where it is not argv[0]. */
  readonly name: string | undefined;
  readonly positional: readonly string[];
  readonly options: Partial<SetOptions>;
  readonly shopt: Partial<ShoptOptions>;
  readonly isLogin: boolean;
  readonly isInteractive: boolean;
  /** Standard input was asked for, or is all there is. */
  readonly readsInput: boolean;
  /** Called as `sh`. */
  readonly isSh: boolean;
  readonly readsProfile: boolean;
  /** The file that an interactive shell reads first; undefined: none. */
  readonly rcFile: string | undefined;
}

/** What is printed instead of running anything. */
export class CommandLineError {
  readonly text: string;
  readonly status: number;

  constructor(text: string, status: number) {
    this.text = text;
    this.status = status;
  }
}

const LETTERS: Readonly<Record<string, keyof SetOptions>> = {
  a: "allexport",
  b: "notify",
  e: "errexit",
  f: "noglob",
  h: "hashall",
  k: "keyword",
  m: "monitor",
  n: "noexec",
  p: "privileged",
  t: "onecmd",
  u: "nounset",
  v: "verbose",
  x: "xtrace",
  B: "braceexpand",
  C: "noclobber",
  E: "errtrace",
  H: "histexpand",
  P: "physical",
  T: "functrace",
};

interface Draft {
  options: Partial<Record<keyof SetOptions, boolean>>;
  shopt: Partial<Record<keyof ShoptOptions, boolean>>;
  hasCommand: boolean;
  isLogin: boolean;
  isInteractive: boolean;
  readsInput: boolean;
  readsProfile: boolean;
  rcFile: string | undefined;
}

export function parseCommandLine(argv: readonly string[]): CommandLine {
  const zero = argv[0] ?? "bash";
  const base = zero.slice(zero.lastIndexOf("/") + 1).replace(/^-/u, "");
  const isSh = base === "sh";
  const draft: Draft = {
    options: isSh ? { posix: true } : {},
    shopt: {},
    hasCommand: false,
    isLogin: zero.startsWith("-"),
    isInteractive: false,
    readsInput: false,
    readsProfile: true,
    rcFile: isSh ? undefined : "~/.bashrc",
  };
  const rest = readShortOptions(base, readLongOptions(base, argv.slice(1), draft), draft);
  const common = {
    ...draft,
    isSh,
    shopt: { ...draft.shopt, ...(draft.isLogin && { login_shell: true }) },
  };
  if (draft.hasCommand) {
    const [command, name, ...positional] = rest;
    if (command === undefined)
      throw new CommandLineError(`${base}: -c: option requires an argument\n`, 2);
    return { ...common, command, script: undefined, name, positional };
  }
  if (draft.readsInput || rest.length === 0)
    return {
      ...common,
      command: undefined,
      script: undefined,
      name: undefined,
      positional: rest,
      readsInput: true,
    };
  const [script, ...positional] = rest;
  return { ...common, command: undefined, script, name: undefined, positional };
}

function readLongOptions(base: string, args: readonly string[], draft: Draft): readonly string[] {
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    const name = /^--?([a-z]{2}[a-z-]*)$/u.exec(arg)?.[1];
    if (name === undefined || (!arg.startsWith("--") && !LONG.has(name))) break;
    switch (name) {
      case "norc":
        draft.rcFile = undefined;
        break;
      case "noprofile":
        draft.readsProfile = false;
        break;
      case "login":
        draft.isLogin = true;
        break;
      case "posix":
        draft.options.posix = true;
        break;
      case "verbose":
        draft.options.verbose = true;
        break;
      case "rcfile":
      case "init-file":
        draft.rcFile = args[++at];
        if (draft.rcFile === undefined)
          throw new CommandLineError(`${base}: ${arg}: option requires an argument\n`, 2);
        break;
      case "version":
        throw new CommandLineError(versionText(), 0);
      case "help":
        throw new CommandLineError(usage(base), 0);
      case "noediting":
      case "debugger":
      case "restricted":
        break;
      default:
        throw new CommandLineError(`${base}: ${arg}: invalid option\n${usage(base)}`, 2);
    }
  }
  return args.slice(at);
}

const LONG = new Set(["norc", "noprofile", "login", "posix", "rcfile", "version", "help"]);

function readShortOptions(base: string, args: readonly string[], draft: Draft): readonly string[] {
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "-" || arg === "--") return args.slice(at + 1);
    const sign = arg[0];
    if ((sign !== "-" && sign !== "+") || arg.length === 1) break;
    const isOn = sign === "-";
    for (const letter of arg.slice(1)) {
      if (letter === "o" || letter === "O") {
        const name = args[++at];
        if (name === undefined) continue;
        setNamed(base, letter === "o" ? defaultSetOptions() : defaultShoptOptions(), name);
        if (letter === "o") draft.options[name as keyof SetOptions] = isOn;
        else draft.shopt[name as keyof ShoptOptions] = isOn;
      } else if (!setLetter(draft, letter, isOn)) {
        throw new CommandLineError(`${base}: ${sign}${letter}: invalid option\n${usage(base)}`, 2);
      }
    }
  }
  return args.slice(at);
}

function setLetter(draft: Draft, letter: string, isOn: boolean): boolean {
  const option = LETTERS[letter];
  if (option) draft.options[option] = isOn;
  else if (letter === "c") draft.hasCommand = true;
  else if (letter === "i") draft.isInteractive = isOn;
  else if (letter === "l") draft.isLogin = isOn;
  else if (letter === "s") draft.readsInput = isOn;
  else return letter === "r" || letter === "D";
  return true;
}

function setNamed(base: string, known: object, name: string): void {
  if (!Object.hasOwn(known, name))
    throw new CommandLineError(`${base}: line 0: ${base}: ${name}: invalid option name\n`, 2);
}

function versionText(): string {
  return `GNU bash, version ${BASH_VERSION} (x86_64-pc-linux-gnu), as spoken by Isopod's own shell\n`;
}

function usage(base: string): string {
  return `Usage:\t${base} [GNU long option] [option] ...\n\t${base} [GNU long option] [option] script-file ...\n`;
}
