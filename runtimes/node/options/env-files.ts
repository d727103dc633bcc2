/** `--env-file` and `--env-file-if-exists`: variables from files, for what the environment does not set. */
import { AT_FDCWD, encodeUtf8, KernelError, O_CLOEXEC } from "../../../kernel/abi.ts";
import { readText } from "../accounts.ts";
import { parseDotenv } from "../dotenv.ts";
import type { Environment } from "../environment.ts";

const STDERR = 2;
const OPTION = /^--env-file(-if-exists)?(?:=(.*))?$/s;

export interface EnvironmentFiles {
  readonly variables: ReadonlyMap<string, string>;
  /** What is wrong with the command line for it. */
  readonly errors: readonly string[];
}

/** Reads the files that the arguments name, as node.cc does before it parses them. */
export function readEnvironmentFiles(env: Environment, args: readonly string[]): EnvironmentFiles {
  const variables = new Map<string, string>();
  const errors: string[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg === "--") break;
    const [found, isOptional, inside] = OPTION.exec(arg) ?? [];
    const path = inside ?? args[index + 1];
    if (found === undefined || path === undefined) continue;
    if (isReadable(env, path)) {
      for (const [name, value] of parseDotenv(readText(env, path))) variables.set(name, value);
    } else if (isOptional) {
      env.sys.write(STDERR, encodeUtf8(`${path} not found. Continuing without it.\n`));
    } else errors.push(`${path}: not found`);
  }
  return { variables, errors };
}

function isReadable(env: Environment, path: string): boolean {
  try {
    env.sys.close(env.sys.openat(AT_FDCWD, path, O_CLOEXEC, 0));
    return true;
  } catch (reason) {
    if (reason instanceof KernelError) return false;
    throw reason;
  }
}
