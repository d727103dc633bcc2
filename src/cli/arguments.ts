/** The command line: subcommands and their options. Options of `run` end where the program begins. */
import { existsSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { hostDirectory } from "../options/host-directory.ts";
import type { Mount } from "../options/mounts.ts";
import type { Permissions } from "../options/permissions.ts";
import type { BuildArguments, ImageArguments } from "./images.ts";
import type { TravelArguments } from "./move.ts";
import {
  PERMISSION_OPTIONS,
  type PermissionValues,
  permissionsOf,
  withWholeFlags,
} from "./permissions.ts";
import type { ServeArguments } from "./serve.ts";
import type { FsckArguments, GcArguments } from "./stores.ts";
import { UsageError } from "./usage-error.ts";

/** What every subcommand that makes a machine takes. */
export interface MachineArguments {
  /** A reference, or the folder of an OCI layout. */
  readonly image: string | undefined;
  readonly mounts: Record<string, Mount>;
  readonly env: Record<string, string>;
  readonly cwd: string | undefined;
  readonly user: string | undefined;
  /** URL of a server, or of one of its machines. */
  readonly host: string | undefined;
  readonly permissions: Permissions | undefined;
}

export type Command =
  | { readonly name: "help"; readonly topic: string | undefined }
  | { readonly name: "version" }
  | (MachineArguments & { readonly name: "shell" })
  | (MachineArguments & { readonly name: "start" })
  | (MachineArguments & {
      readonly name: "run";
      readonly argv: readonly string[];
      /** Of -c: run by bash, whatever the image's entrypoint is. */
      readonly isLine: boolean;
      readonly strace: boolean;
    })
  | (ServeArguments & { readonly name: "serve" })
  | { readonly name: "vms"; readonly host: string | undefined; readonly remove: readonly string[] }
  | ({ readonly name: "move" | "copy" } & TravelArguments)
  | ({ readonly name: "build" } & BuildArguments)
  | ({ readonly name: "image" } & ImageArguments)
  | ({ readonly name: "fsck" } & FsckArguments)
  | ({ readonly name: "gc" } & GcArguments);

const MACHINE_OPTIONS = {
  image: { type: "string", short: "i" },
  volume: { type: "string", short: "v", multiple: true },
  mount: { type: "string", multiple: true },
  env: { type: "string", short: "e", multiple: true },
  workdir: { type: "string", short: "w" },
  user: { type: "string", short: "u" },
  host: { type: "string", short: "H" },
  ...PERMISSION_OPTIONS,
  help: { type: "boolean", short: "h" },
} as const;

const RUN_OPTIONS = {
  ...MACHINE_OPTIONS,
  command: { type: "string", short: "c" },
  strace: { type: "boolean" },
} as const;

const HOST_OPTIONS = {
  host: { type: "string", short: "H" },
  help: { type: "boolean", short: "h" },
} as const;

const SERVE_OPTIONS = {
  listen: { type: "string", short: "l" },
  store: { type: "string" },
  token: { type: "string" },
  "allow-origin": { type: "string", multiple: true },
  idle: { type: "string" },
  kernel: { type: "string" },
  "preview-url": { type: "string" },
  ...PERMISSION_OPTIONS,
  help: { type: "boolean", short: "h" },
} as const;

const BUILD_OPTIONS = {
  tag: { type: "string", short: "t" },
  output: { type: "string", short: "o" },
  help: { type: "boolean", short: "h" },
} as const;

const BASH = "bash";
/** What `isopod build` reads without a name. */
const IMAGE_FILES = ["isopod.jsonc", "isopod.json"] as const;
const DEFAULT_LISTEN = "127.0.0.1:7400";
const DEFAULT_IDLE_SECONDS = 300;

export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  switch (first) {
    case undefined:
    case "help":
    case "-h":
    case "--help":
      return { name: "help", topic: rest[0] };
    case "version":
    case "-V":
    case "--version":
      return { name: "version" };
    case "run":
      return parseRun(rest);
    case "shell":
    case "start":
      return parseSession(first, rest);
    case "serve":
      return parseServe(rest);
    case "vms":
      return parseVms(rest);
    case "move":
    case "copy":
      return parseTravel(first, rest);
    case "build":
      return parseBuild(rest);
    case "image":
      return parseImage(rest);
    case "fsck":
      return parseFsck(rest);
    case "gc":
      return parseGc(rest);
    default:
      throw new UsageError(
        first.startsWith("-")
          ? `unknown option ${first}; see isopod --help`
          : `there is no subcommand ${first}; did you mean: isopod run ${args.join(" ")}`,
      );
  }
}

function parseRun(args: readonly string[]): Command {
  const whole = withWholeFlags(args);
  const end = programIndex(whole);
  const values = parse(whole.slice(0, end), RUN_OPTIONS);
  if (values.help) return { name: "help", topic: "run" };
  const { command, strace = false } = values;
  const program = args.slice(end);
  // An image may say what runs on it.
  if (command === undefined && program.length === 0 && values.image === undefined) {
    throw new UsageError("usage: isopod run [options] -c LINE | PROGRAM [ARGUMENT...]");
  }
  const line = command === undefined ? undefined : [BASH, "-c", command, ...program];
  return {
    name: "run",
    ...machineArguments(values),
    argv: line ?? program,
    isLine: !!line,
    strace,
  };
}

function parseSession(name: "shell" | "start", args: readonly string[]): Command {
  const values = parse(withWholeFlags(args), MACHINE_OPTIONS);
  if (values.help) return { name: "help", topic: name };
  return { name, ...machineArguments(values) };
}

function parseServe(args: readonly string[]): Command {
  const values = parse(withWholeFlags(args), SERVE_OPTIONS);
  if (values.help) return { name: "help", topic: "serve" };
  const idle = Number(values.idle ?? DEFAULT_IDLE_SECONDS);
  if (!(idle >= 0)) throw new UsageError(`--idle ${values.idle}: expected seconds`);
  const { kernel = "worker" } = values;
  if (kernel !== "worker" && kernel !== "process") {
    throw new UsageError(`--kernel ${kernel}: expected worker or process`);
  }
  return {
    name: "serve",
    listen: values.listen ?? DEFAULT_LISTEN,
    store: values.store,
    token: values.token,
    origins: values["allow-origin"] ?? [],
    kernel,
    previewUrl: values["preview-url"],
    permissions: permissionsOf(values),
    idle,
  };
}

function parseTravel(name: "move" | "copy", args: readonly string[]): Command {
  const { values, positionals } = parseAll(args, { help: HOST_OPTIONS.help }, true);
  if (values.help) return { name: "help", topic: name };
  const [from, to, ...more] = positionals;
  if (from !== undefined && to !== undefined && more.length === 0) return { name, from, to };
  throw new UsageError(
    `usage: isopod ${name} SRC DST, each DIRECTORY:NAME or http://HOST:PORT/vms/NAME`,
  );
}

/** `vms`: lists; `vms rm NAME...`: removes. */
function parseVms(args: readonly string[]): Command {
  const { values, positionals } = parseAll(args, HOST_OPTIONS, true);
  if (values.help) return { name: "help", topic: "vms" };
  const [action = "ls", ...remove] = positionals;
  const right = action === "ls" ? remove.length === 0 : action === "rm" && remove.length > 0;
  if (!right) throw new UsageError("usage: isopod vms [--host URL] [ls | rm NAME...]");
  return { name: "vms", host: values.host, remove };
}

function parseBuild(args: readonly string[]): Command {
  const { values, positionals } = parseAll(args, BUILD_OPTIONS, true);
  if (values.help) return { name: "help", topic: "build" };
  if (positionals.length > 1)
    throw new UsageError("usage: isopod build [-t NAME] [-o FOLDER] [FILE]");
  const file = positionals[0] ?? IMAGE_FILES.find((name) => existsSync(name)) ?? IMAGE_FILES[0];
  return { name: "build", file, tag: values.tag, output: values.output };
}

function parseImage(args: readonly string[]): Command {
  const { values, positionals } = parseAll(args, { help: HOST_OPTIONS.help }, true);
  if (values.help) return { name: "help", topic: "image" };
  const [action = "ls", ...names] = positionals;
  const [least, most] = IMAGE_ACTIONS[action] ?? [1, 0];
  if (names.length < least || names.length > most) {
    throw new UsageError(
      "usage: isopod image ls | inspect NAME | pull NAME | push NAME [DESTINATION] | rm NAME...",
    );
  }
  return { name: "image", action: action as ImageArguments["action"], names };
}

function parseFsck(args: readonly string[]): Command {
  const options = { repair: { type: "boolean" }, help: HOST_OPTIONS.help } as const;
  const { values, positionals } = parseAll(args, options, true);
  if (values.help) return { name: "help", topic: "fsck" };
  if (positionals.length > 1) throw new UsageError("usage: isopod fsck [--repair] [DIRECTORY]");
  return { name: "fsck", folder: positionals[0] ?? ".", repair: values.repair ?? false };
}

function parseGc(args: readonly string[]): Command {
  const options = { now: { type: "boolean" }, help: HOST_OPTIONS.help } as const;
  const { values, positionals } = parseAll(args, options, true);
  if (values.help) return { name: "help", topic: "gc" };
  if (positionals.length > 1) throw new UsageError("usage: isopod gc [--now] [DIRECTORY]");
  return { name: "gc", folder: positionals[0] ?? ".", now: values.now ?? false };
}

/** How many names each takes. */
const IMAGE_ACTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ls: [0, 0],
  inspect: [1, 1],
  pull: [1, 1],
  push: [1, 2],
  rm: [1, 1000],
};

/** Where the program's own words begin: behind the last option of ours. */
function programIndex(args: readonly string[]): number {
  const config = { args: [...args], options: RUN_OPTIONS, strict: false, tokens: true } as const;
  for (const token of parseArgs({ ...config, allowPositionals: true }).tokens) {
    if (token.kind === "positional") return token.index;
    if (token.kind === "option-terminator") return token.index + 1;
  }
  return args.length;
}

function parse<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
) {
  return parseAll(args, options, false).values;
}

function parseAll<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
  allowPositionals: boolean,
) {
  try {
    return parseArgs({ args: args.filter((arg) => arg !== "--"), options, allowPositionals });
  } catch (error) {
    // Node's second sentence speaks of positional arguments, which nobody asked about.
    const [words = ""] = (error as Error).message.split(". ");
    throw new UsageError(
      `${words.replace(/^Unexpected argument/, "unexpected argument")}; see isopod --help`,
    );
  }
}

interface MachineValues extends PermissionValues {
  readonly image?: string | undefined;
  readonly volume?: string[] | undefined;
  readonly mount?: string[] | undefined;
  readonly env?: string[] | undefined;
  readonly workdir?: string | undefined;
  readonly user?: string | undefined;
  readonly host?: string | undefined;
}

function machineArguments(values: MachineValues): MachineArguments {
  return {
    image: values.image,
    mounts: Object.fromEntries([
      ...(values.volume ?? []).map((text) => parseVolume("-v", text, false)),
      ...(values.mount ?? []).map((text) => parseVolume("--mount", text, true)),
    ]),
    env: Object.fromEntries((values.env ?? []).flatMap(parseVariable)),
    cwd: values.workdir,
    user: values.user,
    host: values.host,
    permissions: permissionsOf(values),
  };
}

/** `host:guest`, or with `:ro` or `:rw` where that is not what the flag means. */
function parseVolume(flag: string, text: string, readOnly: boolean): [string, Mount] {
  const [, host, guest, mode] = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(text) ?? [];
  if (host === undefined || guest === undefined) {
    throw new UsageError(
      `${flag} ${text}: expected HOST:GUEST or HOST:GUEST:${readOnly ? "rw" : "ro"}, with GUEST an absolute path`,
    );
  }
  return [guest, hostDirectory(host, { readOnly: mode === undefined ? readOnly : mode === "ro" })];
}

/** `NAME=value`, or `NAME` alone for the host's value. */
function parseVariable(text: string): [string, string][] {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  if (name === "") throw new UsageError(`-e ${text}: expected NAME=VALUE or NAME`);
  if (at >= 0) return [[name, text.slice(at + 1)]];
  const value = process.env[name];
  return value === undefined ? [] : [[name, value]];
}
