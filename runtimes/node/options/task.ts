/** `node --run NAME`: a script of the nearest package.json, run by the shell (node_task_runner.cc). */
import { AT_FDCWD, encodeUtf8, KernelError, O_CLOEXEC } from "../../../kernel/abi.ts";
import { readText } from "../accounts.ts";
import type { Environment } from "../environment.ts";

const STDERR = 2;
const SHELL = "/bin/sh";
/** What the shell would not take for text. */
const SPECIAL = /[\t\n\r "#$&'()*;<>?\\`|~]/;

interface ChildProcess {
  spawnSync(
    file: string,
    args: readonly string[],
    options: object,
  ): { readonly status: number | null; readonly error?: Error };
}

interface DebugLog {
  initializeDebugEnv(set: string | undefined): void;
}

/** Runs it to its end, with the arguments behind `--`; what the process is to exit with. */
export function runTask(env: Environment, name: string): number {
  const cwd = env.sys.getcwd();
  const found = findPackage(env, cwd);
  if (!found) return fail(env, `Can't find package.json for directory ${cwd}\n`);
  const { directory, path, binaries } = found;
  let contents: { readonly scripts?: unknown };
  try {
    contents = JSON.parse(readText(env, path));
  } catch {
    return fail(env, `Can't parse ${path}\n`);
  }
  const scripts = contents?.scripts;
  if (typeof scripts !== "object" || scripts === null || Array.isArray(scripts)) {
    return fail(env, `Can't find "scripts" field in ${path}\n`);
  }
  const entries = Object.entries(scripts);
  const script = entries.find(([key]) => key === name)?.[1];
  if (script === undefined) {
    const known = entries.filter(([, value]) => typeof value === "string");
    const list = known.map(([key, value]) => `  ${key}: ${value}\n`).join("");
    return fail(env, `Missing script: "${name}" for ${path}\n\nAvailable scripts are:\n${list}`);
  }
  if (typeof script !== "string") {
    return fail(env, `Script "${name}" is unexpectedly not a string for ${path}\n\n`);
  }
  const variables = variablesOf(env);
  const end = env.argv.indexOf("--");
  const args = end < 0 ? [] : env.argv.slice(end + 1);
  // Elsewhere lib/'s programs begin with it.
  env
    .requireBuiltin<DebugLog>("internal/util/debuglog")
    .initializeDebugEnv(variables["NODE_DEBUG"]);
  const { status, error } = env
    .requireBuiltin<ChildProcess>("child_process")
    .spawnSync(SHELL, ["-c", [script, ...args.map(quoted)].join(" ")], {
      cwd: directory,
      stdio: "inherit",
      env: {
        ...variables,
        PATH: [...binaries, variables["PATH"] ?? ""].join(":"),
        NODE_RUN_SCRIPT_NAME: name,
        NODE_RUN_PACKAGE_JSON_PATH: path,
      },
    });
  if (error) return fail(env, `${SHELL}: ${error.message}\n`);
  return status === 0 ? 0 : 1;
}

/** The nearest package.json, and the folders of packages' programs on the way to it. */
function findPackage(
  env: Environment,
  from: string,
): { directory: string; path: string; binaries: readonly string[] } | undefined {
  const binaries: string[] = [];
  for (let directory = from; ; directory = directory.slice(0, directory.lastIndexOf("/")) || "/") {
    const prefix = directory === "/" ? "" : directory;
    const programs = `${prefix}/node_modules/.bin`;
    if (isThere(env, programs)) binaries.push(programs);
    const path = `${prefix}/package.json`;
    if (isThere(env, path)) return { directory, path, binaries };
    if (directory === "/") return undefined;
  }
}

function isThere(env: Environment, path: string): boolean {
  try {
    env.sys.close(env.sys.openat(AT_FDCWD, path, O_CLOEXEC, 0));
    return true;
  } catch (reason) {
    if (reason instanceof KernelError) return false;
    throw reason;
  }
}

function variablesOf(env: Environment): Record<string, string> {
  return Object.fromEntries(
    env.envp.map((entry) => {
      const end = entry.indexOf("=");
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}

/** An argument as one word of the shell's. */
function quoted(argument: string): string {
  if (argument !== "" && !SPECIAL.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

function fail(env: Environment, text: string): number {
  env.sys.write(STDERR, encodeUtf8(text));
  return 1;
}
