/** internalBinding("options"): the command line, and which of lib/'s programs it asks for. */
import { encodeUtf8 } from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { readEnvironmentFiles } from "../options/env-files.ts";
import { type CommandLine, parseCommandLine } from "../options/parser.ts";
import { OptionType, readOptionTable } from "../options/table.ts";
import { runTask } from "../options/task.ts";
import { isTerminal } from "./handle-type.ts";

const STDOUT = 1;
const STDERR = 2;
const STDIN = 0;
const INVALID_COMMAND_LINE = 9;

export const options: BindingFactory = (env) => {
  // Parsed while the snapshot is built: no process has to.
  const table = readOptionTable(env.library.source("isopod/options"));
  let line: CommandLine | undefined;
  // The defaults, which lib/ asks for while the snapshot is built.
  let values = withNegations(parseCommandLine(table, [], "").values);
  const binding = {
    argv: [] as string[],
    execArgv: [] as string[],
    mainScript,

    getCLIOptionsValues: () => values,
    getCLIOptionsInfo: () => ({
      options: new Map(
        [...table.options].map(([name, info]) => [
          name,
          Object.assign(Object.create(null), info) as object,
        ]),
      ),
      aliases: new Map([...table.aliases].map(([name, expansion]) => [name, [...expansion]])),
    }),
    getEmbedderOptions: () => ({
      shouldNotRegisterESMLoader: false,
      noGlobalSearchPaths: false,
      noBrowserGlobals: false,
      hasEmbedderPreload: false,
    }),
    getEnvOptionsInputType: () => new Map(table.inputTypes),
    envSettings: { kAllowedInEnvvar: 0, kDisallowedInEnvvar: 1 },
    types: { ...OptionType },
  };

  /** StartExecution of node.cc. */
  function mainScript(): string {
    const [script] = line?.rest ?? [];
    const is = (name: string): boolean => Boolean(values[name]);
    const task = values["--run"];
    if (typeof task === "string" && task !== "") env.exit(runTask(env, task));
    if (script === "inspect") return "internal/main/inspect";
    if (is("--help")) return "internal/main/print_help";
    if (is("--prof-process")) return "internal/main/prof_process";
    if (is("[has_eval_string]") && !is("--interactive")) return "internal/main/eval_string";
    if (is("--check")) return "internal/main/check_syntax";
    if (is("--test")) return "internal/main/test_runner";
    if (is("--watch")) return "internal/main/watch_mode";
    if (script !== undefined && script !== "-") return "internal/main/run_main_module";
    if (is("--interactive") || isTerminal(env, STDIN)) return "internal/main/repl";
    return "internal/main/eval_stdin";
  }

  function isSet(name: string): boolean {
    return env.envp.some((entry) => entry.startsWith(`${name}=`));
  }

  function environment(name: string): string {
    return env.envp.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  }

  function start(): void {
    const [node = "node", ...args] = env.argv;
    const files = readEnvironmentFiles(env, args);
    // What the process is given stands.
    for (const [name, value] of files.variables) {
      if (!isSet(name)) (env.envp as string[]).push(`${name}=${value}`);
    }
    line = parseCommandLine(table, args, environment("NODE_OPTIONS"));
    const errors = [...files.errors, ...line.errors];
    if (errors.length > 0) {
      const text = errors.map((error) => `${node}: ${error}\n`).join("");
      env.sys.write(STDERR, encodeUtf8(text));
      env.exit(INVALID_COMMAND_LINE);
    }
    values = withNegations(withEnvironment(line.values));
    // What lib/ asked for while the snapshot was built.
    env.requireBuiltin<{ refreshOptions(): void }>("internal/options").refreshOptions();
    tellNet();
    if (values["--version"]) {
      env.sys.write(STDOUT, encodeUtf8(`v${env.library.versions["node"]}\n`));
      env.exit(0);
    }
    binding.argv.push(node, ...line.rest);
    binding.execArgv.push(...line.execArgv);
  }

  /** `net` took hold of its defaults while the snapshot was built. */
  function tellNet(): void {
    const isOn = values["--network-family-autoselection"];
    const timeout = values["--network-family-autoselection-attempt-timeout"];
    if (isOn && timeout === table.values["--network-family-autoselection-attempt-timeout"]) return;
    const net = env.requireBuiltin<{
      setDefaultAutoSelectFamily(isOn: unknown): void;
      setDefaultAutoSelectFamilyAttemptTimeout(milliseconds: unknown): void;
    }>("net");
    net.setDefaultAutoSelectFamily(isOn);
    net.setDefaultAutoSelectFamilyAttemptTimeout(timeout);
  }

  function withEnvironment(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const all: Record<string, unknown> = { ...given };
    const isOn = (name: string): boolean => environment(name) === "1";
    if (isOn("NODE_PENDING_DEPRECATION")) all["--pending-deprecation"] = true;
    if (isOn("NODE_PRESERVE_SYMLINKS")) all["--preserve-symlinks"] = true;
    if (isOn("NODE_PRESERVE_SYMLINKS_MAIN")) all["--preserve-symlinks-main"] = true;
    if (isOn("NODE_USE_ENV_PROXY")) all["--use-env-proxy"] = true;
    if (isOn("NODE_NO_WARNINGS")) all["--warnings"] = false;
    if (all["--redirect-warnings"] === "") {
      all["--redirect-warnings"] = environment("NODE_REDIRECT_WARNINGS");
    }
    return all;
  }

  /** lib/ asks for `--no-x` as well. */
  function withNegations(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const all: Record<string, unknown> = Object.assign(Object.create(null), given);
    all["--experimental-async-context-frame"] = env.engine.continuationData !== undefined;
    for (const [name, { type }] of table.options) {
      if (type === OptionType.kBoolean) all[`--no-${name.slice(2)}`] = !all[name];
    }
    return all;
  }

  env.onStart(start);
  return binding;
};
