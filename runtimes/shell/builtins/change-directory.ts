/**
 * Changing the working directory as `cd`, `pushd`, `popd` and `autocd` do: PWD keeps the symbolic
 * links that led there unless physical paths are wanted.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/cd.html
 */
import { KernelError, strerror } from "../../../kernel/index.ts";
import { ShellError } from "../errors.ts";
import { isDirectory } from "../file-tests.ts";
import type { Shell } from "../state.ts";

/** Goes to `path` and sets PWD and OLDPWD. Throws ShellError that begins with `shown`. */
export async function changeDirectory(
  shell: Shell,
  path: string,
  physical: boolean,
  shown = path,
): Promise<void> {
  const absolute = path.startsWith("/") ? path : joinPath(shell.cwd, path);
  if (!physical && (await goLogically(shell, absolute))) {
    return remember(shell, normalizePath(absolute));
  }
  try {
    await shell.sys.chdir(path);
  } catch (error) {
    throw asShellError(error, shown);
  }
  let cwd: string;
  try {
    cwd = await shell.sys.getcwd();
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    shell.warn(`chdir: error retrieving current directory: ${lostDirectory(error)}`);
    cwd = normalizePath(absolute);
  }
  remember(shell, cwd);
}

/** How bash words that the working directory has no path any more. */
export function lostDirectory(error: KernelError): string {
  return `getcwd: cannot access parent directories: ${strerror(error.errno)}`;
}

/** Removes `.`, `..` and doubled slashes by their text alone; two slashes at the start stay. */
export function normalizePath(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  const root = path.startsWith("//") && !path.startsWith("///") ? "//" : "/";
  return root + names.join("/");
}

/** True when it worked. What stands before a `..` must exist. */
async function goLogically(shell: Shell, absolute: string): Promise<boolean> {
  for (let at = absolute.indexOf("/.."); at >= 0; at = absolute.indexOf("/..", at + 3)) {
    const isWhole = at + 3 === absolute.length || absolute[at + 3] === "/";
    const before = absolute.slice(0, at);
    if (isWhole && before !== "" && !(await isDirectory(shell.sys, before))) return false;
  }
  try {
    await shell.sys.chdir(normalizePath(absolute));
    return true;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}

function joinPath(directory: string, path: string): string {
  return directory.endsWith("/") ? directory + path : `${directory}/${path}`;
}

function remember(shell: Shell, cwd: string): void {
  shell.variables.set("OLDPWD", shell.variables.get("PWD") ?? shell.cwd);
  shell.cwd = cwd;
  shell.variables.set("PWD", cwd);
}

function asShellError(error: unknown, shown: string): unknown {
  if (!(error instanceof KernelError)) return error;
  return new ShellError(`${shown}: ${strerror(error.errno)}`);
}
