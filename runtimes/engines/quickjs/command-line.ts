/** The arguments of `qjs`. */
export interface CommandLine {
  readonly help: boolean;
  /** Files to run first. */
  readonly includes: readonly string[];
  /** To run in place of a file. */
  readonly code: string | undefined;
  /** Undefined: `code`, or standard input. */
  readonly file: string | undefined;
  readonly kind: "script" | "module" | "detect";
  /** What the script sees as `scriptArgs`. */
  readonly args: readonly string[];
  /** Bytes. */
  readonly memoryLimit: number | undefined;
  readonly stackSize: number | undefined;
}

export const USAGE = `usage: qjs [options] [file [args]]
Runs a script on QuickJS; without a file, standard input.
-h  --help         list options
-e  --eval EXPR    evaluate EXPR
-m  --module       load as ES6 module (default=autodetect)
    --script       load as ES6 script (default=autodetect)
-I  --include file include an additional file
    --std          accepted: 'std' and 'os' are always available
    --memory-limit n  limit the memory usage to 'n' bytes (SI suffixes allowed)
    --stack-size n    limit the stack size to 'n' bytes (SI suffixes allowed)
`;

const SUFFIXES: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Or what is wrong with it. */
export function parseCommandLine([, ...words]: readonly string[]): CommandLine | string {
  const line: { -readonly [K in keyof CommandLine]: CommandLine[K] } = {
    ...{ help: false, includes: [], code: undefined, file: undefined, kind: "detect", args: [] },
    ...{ memoryLimit: undefined, stackSize: undefined },
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith("-") || word === "-" || line.code !== undefined) {
      return scriptOf(line, words.slice(at));
    }
    if (word === "--") return scriptOf(line, words.slice(at + 1));
    const name = SHORT[word] ?? word;
    if (name === "--help") line.help = true;
    else if (name === "--module") line.kind = "module";
    else if (name === "--script") line.kind = "script";
    else if (!IGNORED.has(name)) {
      const value = words[++at];
      if (!WITH_VALUE.has(name)) return `unknown option '${word}'`;
      if (value === undefined) return `missing expression for ${word}`;
      if (name === "--eval") line.code = value;
      else if (name === "--include") line.includes = [...line.includes, value];
      else {
        const bytes = sizeOf(value);
        if (bytes === undefined) return `invalid size '${value}'`;
        line[name === "--memory-limit" ? "memoryLimit" : "stackSize"] = bytes;
      }
    }
  }
  return line;
}

const SHORT: Readonly<Record<string, string>> = {
  "-h": "--help",
  "-e": "--eval",
  "-m": "--module",
  "-I": "--include",
  "-q": "--quit",
};
const IGNORED = new Set(["--std", "--quit"]);
const WITH_VALUE = new Set(["--eval", "--include", "--memory-limit", "--stack-size"]);

function scriptOf(line: CommandLine, [first, ...rest]: readonly string[]): CommandLine {
  if (line.code !== undefined)
    return { ...line, args: first === undefined ? [] : [first, ...rest] };
  if (first === undefined || first === "-") return { ...line, args: [...rest] };
  return { ...line, file: first, args: [first, ...rest] };
}

function sizeOf(text: string): number | undefined {
  const [, digits, suffix] = /^(\d+)([kmg]?)b?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (SUFFIXES[(suffix ?? "").toLowerCase()] ?? 1);
}
