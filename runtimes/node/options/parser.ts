/** Node's command line, taken apart as node_options.cc and node.cc do. */
import { IMPLICATIONS, type OptionTable, OptionType } from "./table.ts";

export interface CommandLine {
  readonly values: Record<string, unknown>;
  /** What follows the options: a script and its arguments. */
  readonly rest: readonly string[];
  /** The options as they were written. */
  readonly execArgv: readonly string[];
  /** What is wrong with it, as Node says it. */
  readonly errors: readonly string[];
}

/** Takes `argv` apart, without its program's name, after the options of NODE_OPTIONS. */
export function parseCommandLine(
  table: OptionTable,
  argv: readonly string[],
  environment: string,
): CommandLine {
  const values: Record<string, unknown> = { __proto__: null };
  for (const [name, value] of Object.entries(table.values)) {
    if (table.options.has(name)) values[name] = Array.isArray(value) ? [...value] : value;
  }
  const errors: string[] = [];
  const fromEnvironment = splitEnvironment(environment);
  if (typeof fromEnvironment === "string") errors.push(fromEnvironment);
  else new OptionParser(table, values, errors, true).parse([...fromEnvironment]);
  const parser = new OptionParser(table, values, errors, false);
  const rest = errors.length > 0 ? [] : parser.parse([...argv]);
  const execArgv = argv.slice(0, argv.length - rest.length);
  const isEnd = execArgv.at(-1) === "--";
  if (errors.length === 0) errors.push(...conflicts(values, rest));
  return { values, rest, execArgv: isEnd ? execArgv.slice(0, -1) : execArgv, errors };
}

class OptionParser {
  readonly #table: OptionTable;
  readonly #values: Record<string, unknown>;
  readonly #errors: string[];
  readonly #isEnvironment: boolean;

  constructor(
    table: OptionTable,
    values: Record<string, unknown>,
    errors: string[],
    isEnvironment: boolean,
  ) {
    this.#table = table;
    this.#values = values;
    this.#errors = errors;
    this.#isEnvironment = isEnvironment;
  }

  /** Consumes options from the front of `args`; what is left are no options. */
  parse(args: string[]): string[] {
    while (args.length > 0 && this.#errors.length === 0) {
      const [first = ""] = args;
      if (first.length <= 1 || first[0] !== "-") break;
      args.shift();
      if (first === "--") break;
      this.#option(first, args);
    }
    if (this.#isEnvironment && args.length > 0 && this.#errors.length === 0) {
      this.#errors.push(`${args[0]} is not allowed in NODE_OPTIONS`);
    }
    return args;
  }

  #option(written: string, args: string[]): void {
    const equals = written.startsWith("--") ? written.indexOf("=") : -1;
    let name = equals < 0 ? written : written.slice(0, equals);
    if (name.startsWith("--")) name = `--${name.slice(2).replaceAll("_", "-")}`;
    let isNegation = false;
    if (name.startsWith("--no-") && !this.#table.options.has(name)) {
      isNegation = true;
      name = `--${name.slice(5)}`;
    }
    name = this.#expand(name, equals >= 0, args);
    const info = this.#table.options.get(name);
    if (!info) {
      const isFlag = this.#table.v8.has(name.slice(2)) && name.startsWith("--");
      if (!isFlag || this.#isEnvironment) this.#unknown(written);
      return;
    }
    if (this.#isEnvironment && info.envVarSettings !== 0) {
      this.#errors.push(`${written} is not allowed in NODE_OPTIONS`);
      return;
    }
    this.#imply(name, isNegation);
    const { type } = info;
    if (type === OptionType.kBoolean) this.#values[name] = !isNegation;
    if (type <= OptionType.kBoolean) return;
    if (isNegation) {
      this.#errors.push(`${written} is an invalid negation because it is not a boolean option`);
      return;
    }
    const value = equals < 0 ? takeValue(args) : written.slice(equals + 1);
    if (value === undefined || (equals >= 0 && value === "")) {
      this.#errors.push(`${written} requires an argument`);
      return;
    }
    this.#store(name, type, value);
  }

  /** Follows aliases; what they stand for beyond the first goes to the front of `args`. */
  #expand(name: string, hasValue: boolean, args: string[]): string {
    const { aliases } = this.#table;
    let current = name;
    for (;;) {
      const next = args[0];
      const withArgument =
        next !== undefined && !next.startsWith("-") ? aliases.get(`${current} <arg>`) : undefined;
      const found =
        (hasValue ? aliases.get(`${current}=`) : undefined) ?? aliases.get(current) ?? withArgument;
      if (!found) return current;
      const [first = current, ...others] = found;
      args.unshift(...others);
      if (first === current) return current;
      current = first;
    }
  }

  #unknown(written: string): void {
    this.#errors.push(
      this.#isEnvironment ? `${written} is not allowed in NODE_OPTIONS` : `bad option: ${written}`,
    );
  }

  #imply(name: string, isNegation: boolean): void {
    if (isNegation) return;
    for (const [option, implied, value] of IMPLICATIONS) {
      if (option === name) this.#values[implied] = value;
    }
  }

  #store(name: string, type: number, value: string): void {
    switch (type) {
      case OptionType.kInteger:
      case OptionType.kUInteger:
        this.#values[name] = Number.parseInt(value, 10) || 0;
        break;
      case OptionType.kStringList:
        (this.#values[name] as string[]).push(value);
        break;
      case OptionType.kHostPort:
        this.#values[name] = hostPort(value, this.#values[name] as HostPort);
        break;
      default:
        this.#values[name] = value;
    }
  }
}

interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The next argument; one that begins with a dash is none, unless a backslash stands before it. */
function takeValue(args: string[]): string | undefined {
  const [value] = args;
  if (value === undefined || (value.startsWith("-") && value.length > 0)) return undefined;
  args.shift();
  return value.startsWith("\\-") ? value.slice(1) : value;
}

function hostPort(value: string, current: HostPort): HostPort {
  if (/^\d+$/.test(value)) return { ...current, port: Number(value) };
  const colon = value.lastIndexOf(":");
  if (colon < 0) return { ...current, host: value };
  return { host: value.slice(0, colon), port: Number(value.slice(colon + 1)) };
}

/** Words of NODE_OPTIONS: a double quote begins and ends a part with spaces, a backslash escapes in it. */
export function splitEnvironment(text: string): readonly string[] | string {
  const words: string[] = [];
  let isInString = false;
  let begins = true;
  for (let i = 0; i < text.length; i++) {
    let char = text[i] as string;
    if (char === "\\" && isInString) {
      if (i + 1 === text.length) return "invalid value for NODE_OPTIONS (invalid escape)\n";
      char = text[++i] as string;
    } else if (char === " " && !isInString) {
      begins = true;
      continue;
    } else if (char === '"') {
      isInString = !isInString;
      continue;
    }
    if (begins) words.push(char);
    else words[words.length - 1] += char;
    begins = false;
  }
  if (isInString) return "invalid value for NODE_OPTIONS (unterminated string)\n";
  return words;
}

/** EnvironmentOptions::CheckOptions. */
function conflicts(values: Readonly<Record<string, unknown>>, rest: readonly string[]): string[] {
  const errors: string[] = [];
  const either = (first: string, second: string, isBoth: unknown): void => {
    if (isBoth) errors.push(`either ${first} or ${second} can be used, not both`);
  };
  const hasEval = values["[has_eval_string]"];
  const inputType = values["--input-type"];
  if (inputType && !/^(commonjs|module)(-typescript)?$/.test(inputType as string)) {
    errors.push(
      '--input-type must be "module","commonjs", "module-typescript" or "commonjs-typescript"',
    );
  }
  const defaultType = values["--experimental-default-type"];
  if (defaultType && !/^(commonjs|module)$/.test(defaultType as string)) {
    errors.push('--experimental-default-type must be "module" or "commonjs"');
  }
  either("--check", "--eval", values["--check"] && hasEval);
  const [bundled, own] = ["--use-bundled-ca", "--use-openssl-ca"] as const;
  either(own, bundled, values[own] && values[bundled]);
  const pages = values["--use-largepages"];
  if (pages && !/^(off|on|silent)$/.test(pages as string)) {
    errors.push("invalid value for --use-largepages");
  }
  const rejections = values["--unhandled-rejections"];
  if (rejections && !/^(warn-with-error-code|throw|strict|warn|none)$/.test(rejections as string)) {
    errors.push("invalid value for --unhandled-rejections");
  }
  const traced = values["--trace-require-module"];
  if (traced && !/^(all|no-node-modules)$/.test(traced as string)) {
    errors.push("invalid value for --trace-require-module");
  }
  either("--tls-min-v1.3", "--tls-max-v1.2", values["--tls-min-v1.3"] && values["--tls-max-v1.2"]);
  if (values["--test"]) {
    either("--test", "--check", values["--check"]);
    either("--test", "--eval", hasEval);
    either("--test", "--interactive", values["--interactive"]);
    either("--test", "--watch", (values["--watch-path"] as string[]).length > 0);
  }
  if (values["--watch"] && !values["--test"]) {
    either("--watch", "--check", values["--check"]);
    either("--watch", "--eval", hasEval);
    either("--watch", "--interactive", values["--interactive"]);
    if (errors.length === 0 && rest.length === 0) errors.push("--watch requires specifying a file");
  }
  for (const kind of ["cpu", "heap"]) {
    if (values[`--${kind}-prof`]) continue;
    for (const part of ["name", "dir"]) {
      if (values[`--${kind}-prof-${part}`]) {
        errors.push(`--${kind}-prof-${part} must be used with --${kind}-prof`);
      }
    }
  }
  return errors;
}
