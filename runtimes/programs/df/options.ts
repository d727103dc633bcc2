/** The command line of df, with GNU's options. */
import { Failure } from "../program.ts";
import { blocksOf, HUMAN, parseUnit, SI, type Unit } from "./sizes.ts";

export interface DfOptions {
  all: boolean;
  inodes: boolean;
  posix: boolean;
  total: boolean;
  types: boolean;
  help: boolean;
  unit: Unit | undefined;
  /** Of --output, comma by comma. */
  columns: string[] | undefined;
  readonly only: string[];
  readonly without: string[];
  readonly files: string[];
}

const LONG: Readonly<Record<string, string>> = {
  all: "a",
  "block-size": "B",
  "human-readable": "h",
  inodes: "i",
  local: "l",
  "no-sync": "v",
  "exclude-type": "x",
  output: "output",
  portability: "P",
  "print-type": "T",
  si: "H",
  sync: "v",
  total: "total",
  type: "t",
  help: "help",
};
const WITH_VALUE = ["B", "t", "x"];

export function parseOptions(args: readonly string[]): DfOptions {
  const options: DfOptions = {
    all: false,
    inodes: false,
    posix: false,
    total: false,
    types: false,
    help: false,
    unit: undefined,
    columns: undefined,
    only: [],
    without: [],
    files: [],
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") options.files.push(...rest.splice(0));
    else if (arg.startsWith("--")) {
      const [name = "", value] = splitOnce(arg.slice(2));
      const key = LONG[name] ?? fail(`unrecognized option '--${name}'`);
      const wants = WITH_VALUE.includes(key);
      if (value !== undefined && !wants && key !== "output") {
        fail(`option '--${name}' doesn't allow an argument`);
      }
      const given = wants ? (value ?? rest.shift()) : value;
      if (wants && given === undefined) fail(`option '--${name}' requires an argument`);
      set(options, key, given ?? "");
    } else if (arg.length > 1 && arg.startsWith("-")) {
      for (let at = 1; at < arg.length; at++) {
        const key = arg[at] as string;
        if (!WITH_VALUE.includes(key)) set(options, key, "");
        else {
          const value = arg.slice(at + 1) || rest.shift();
          set(options, key, value ?? fail(`option requires an argument -- '${key}'`));
          break;
        }
      }
    } else options.files.push(arg);
  }
  if (options.columns && (options.inodes || options.posix || options.types)) {
    const other = options.inodes ? "-i" : options.posix ? "-P" : "-T";
    fail(`options ${other} and --output are mutually exclusive`);
  }
  return options;
}

function set(options: DfOptions, key: string, value: string): void {
  if (key === "a") options.all = true;
  else if (key === "B") options.unit = parseUnit(value);
  else if (key === "h") options.unit = HUMAN;
  else if (key === "H") options.unit = SI;
  else if (key === "i") options.inodes = true;
  else if (key === "k") options.unit = blocksOf(1024);
  else if (key === "m") options.unit = blocksOf(1024 ** 2);
  else if (key === "P") options.posix = true;
  else if (key === "T") options.types = true;
  else if (key === "t") options.only.push(value);
  else if (key === "x") options.without.push(value);
  else if (key === "total") options.total = true;
  else if (key === "help") options.help = true;
  else if (key === "output") options.columns = value === "" ? [] : value.split(",");
  // All file systems of a machine are local, and none has to be asked to be up to date.
  else if (key !== "l" && key !== "v") fail(`invalid option -- '${key}'`);
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf("=");
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function fail(text: string): never {
  throw new Failure(`${text}\nTry 'df --help' for more information.`);
}
