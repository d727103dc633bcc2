/**
 * A tool as a command: its arguments become data, a call to whoever made the machine, and the result
 * becomes output. `#!isopod:tool:NAME` in the command's file leads here.
 */
import { decodeUtf8, Errno, KernelError, type Main, type Sys } from "../../../kernel/index.ts";
import { Failure, isTerminal, print, program } from "../program.ts";
import { ToolConnection } from "./connection.ts";
import {
  type CommandLine,
  type Data,
  flagOf,
  isWellFormed,
  parseCommandLine,
  show,
  UsageError,
} from "./flags.ts";
import { type CallFailure, Frame, INPUT_MAX, type Issue } from "./frames.ts";
import { groupHelp, helpOf } from "./help.ts";
import { inert, ToolOutput } from "./output.ts";
import { shapeOf } from "./shape.ts";
import { commandOf, type ToolCatalog, type ToolSpec } from "./spec.ts";

const FAILED = 1;
const USAGE = 2;

export function toolCommand(catalog: ToolCatalog, command: string): Main {
  return program(command, async (sys, args) => {
    const specs = catalog.list().filter((spec) => commandOf(spec) === command);
    if (specs.length === 0) throw new Failure("this tool was taken away", FAILED);
    const [found, rest] = choose(specs, args);
    if (!found) return groupUsage(sys, command, specs, rest);
    return runTool(sys, found, rest);
  });
}

/** The tool that the leading words name, and what follows them. */
function choose(
  specs: readonly ToolSpec[],
  args: readonly string[],
): [ToolSpec | undefined, readonly string[]] {
  const [only] = specs;
  if (only && !only.name.includes(".")) return [only, args];
  for (let count = args.length; count > 0; count--) {
    const name = `.${args.slice(0, count).join(".")}`;
    const spec = specs.find((one) => one.name.slice(commandOf(one).length) === name);
    if (spec) return [spec, args.slice(count)];
  }
  return [undefined, args];
}

async function groupUsage(
  sys: Sys,
  command: string,
  specs: readonly ToolSpec[],
  args: readonly string[],
): Promise<number> {
  const words = args.filter((arg) => arg !== "--help" && arg !== "-h" && arg !== "help");
  const within = specs.filter((spec) => spec.name.startsWith([command, ...words, ""].join(".")));
  if (words.length > 0 && within.length === 0) {
    const names = specs.map((spec) => spec.name.slice(command.length + 1).replaceAll(".", " "));
    throw new Failure(
      `there is no ${show(words.join(" "))}; there are: ${names.join(", ")}`,
      USAGE,
    );
  }
  const asked = words.length < args.length;
  const text = groupHelp(command, words.length > 0 ? within : specs);
  await print(sys, text, asked ? 1 : 2);
  return asked ? 0 : USAGE;
}

async function runTool(sys: Sys, spec: ToolSpec, args: readonly string[]): Promise<number> {
  const name = spec.name.replaceAll(".", " ");
  try {
    const line = parseCommandLine(spec, args);
    if (line.help) {
      await print(sys, helpOf(spec));
      return 0;
    }
    const { input, hasStdin } = await inputOf(sys, spec, line);
    const terminal = await isTerminal(sys, 1);
    const output = new ToolOutput(sys, line.output, terminal);
    return await call(sys, spec, { input, hasStdin, usedFlags: line.values !== undefined }, output);
  } catch (reason) {
    if (!(reason instanceof UsageError)) throw reason;
    return complain(sys, name, `${reason.message}\nTry '${name} --help'.`, USAGE);
  }
}

interface Input {
  /** JSON. */
  readonly input: string;
  /** Standard input was not used up for it. */
  readonly hasStdin: boolean;
}

async function inputOf(sys: Sys, spec: ToolSpec, line: CommandLine): Promise<Input> {
  const { json, values } = line;
  const root = shapeOf(spec.input, spec.input);
  const nothing = json === undefined && values === undefined;
  const reads = json === "-" || (nothing && root.required.size > 0 && !(await isTerminal(sys, 0)));
  const text = reads ? await standardInput(sys) : json;
  if (text === undefined || text.trim() === "") {
    if (json !== undefined) throw new UsageError("--json: there is no JSON");
    const flags = values ?? {};
    requireAll(spec, flags, root.required);
    return { input: JSON.stringify(flags), hasStdin: !reads };
  }
  const data = parseJson(text, reads ? "standard input" : "--json");
  if (!values) return { input: text, hasStdin: !reads };
  const merged: Data = Object.assign(Object.create(null), data, values);
  return { input: JSON.stringify(merged), hasStdin: !reads };
}

function parseJson(text: string, where: string): Data {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (reason) {
    throw new UsageError(`${where}: this is no JSON: ${(reason as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Data;
  throw new UsageError(`${where}: the input is a JSON object, such as {"name": "value"}`);
}

/** Says which flags are missing, before a schema says it less clearly. */
function requireAll(spec: ToolSpec, flags: Data, required: ReadonlySet<string>): void {
  const missing = [...required].filter((name) => !Object.hasOwn(flags, name));
  // A schema may fill in what it requires.
  const really = missing.filter((name) => {
    const shape = shapeOf(spec.input, spec.input).properties.get(name);
    return shape === undefined || shapeOf(shape, spec.input).schema.default === undefined;
  });
  if (really.length === 0) return;
  const flagged = really.map((name) => flagOf([name])).join(", ");
  throw new UsageError(`${flagged} ${really.length === 1 ? "is" : "are"} required`);
}

async function standardInput(sys: Sys): Promise<string> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (const buffer = new Uint8Array(1 << 16); ; ) {
    const count = await sys.read(0, buffer);
    if (count === 0) break;
    total += count;
    if (total > INPUT_MAX) throw new UsageError(`standard input has more than ${INPUT_MAX} bytes`);
    pieces.push(buffer.slice(0, count));
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const text = decodeUtf8(whole);
  if (!isWellFormed(text)) throw new UsageError("standard input is not valid UTF-8");
  return text;
}

async function call(
  sys: Sys,
  spec: ToolSpec,
  { input, hasStdin, usedFlags }: Input & { readonly usedFlags: boolean },
  output: ToolOutput,
): Promise<number> {
  const name = spec.name.replaceAll(".", " ");
  const connection = await begin(sys, { name: spec.name, input, hasInput: hasStdin });
  while (true) {
    const found = await connection.next();
    if (!found) return complain(sys, name, "the call was cut off", FAILED);
    const { type, payload } = found;
    switch (type) {
      case Frame.OUTPUT:
        await output.piece(payload);
        break;
      case Frame.ITEM:
        await output.item(decodeUtf8(payload));
        break;
      case Frame.WANT:
        // Beside the output: a tool may write before it has read.
        connection.feedFrom(0).catch(() => {});
        break;
      case Frame.PROGRESS:
        break;
      case Frame.FAILURE: {
        await output.end();
        const failure = JSON.parse(decodeUtf8(payload)) as CallFailure;
        const isUsage = failure.kind === "invalid";
        return complain(sys, name, textOf(failure, usedFlags), isUsage ? USAGE : FAILED);
      }
      default:
        await output.end();
        if (type === Frame.JSON) await output.json(decodeUtf8(payload));
        else if (type === Frame.TEXT) await output.text(decodeUtf8(payload));
        else if (type === Frame.BYTES) await output.bytes(payload);
        await output.end();
        return 0;
    }
  }
}

async function begin(sys: Sys, request: Parameters<typeof ToolConnection.begin>[1]) {
  try {
    return await ToolConnection.begin(sys, request);
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    if (reason.errno === Errno.ECONNREFUSED) throw new Failure("nobody answers calls of tools");
    throw reason;
  }
}

function textOf({ kind, message, issues }: CallFailure, usedFlags: boolean): string {
  if (kind !== "invalid" || issues.length === 0) return message;
  const lines = issues.map(({ path, message }: Issue) => {
    if (path.length === 0) return `  ${message}`;
    return `  ${usedFlags ? flagOf(path) : path.join(".")}: ${message}`;
  });
  return `${message}\n${lines.join("\n")}`;
}

async function complain(sys: Sys, name: string, text: string, status: number): Promise<number> {
  await print(sys, `${inert(`${name}: ${text}`)}\n`, 2);
  return status;
}
