/** The environment that a shell is started with, and the one that it hands on. */
import { Errno, KernelError } from "../../kernel/abi.ts";
import { runText } from "./execute/run-text.ts";
import { statFile } from "./file-tests.ts";
import { functionText } from "./function-text.ts";
import type { Shell } from "./state.ts";
import { homeOfUser } from "./users.ts";
import { Attribute } from "./variable.ts";

/** The environment of a program: exported variables, and exported functions as bash encodes them. */
export function exportedEnvironment(shell: Shell): string[] {
  const entries = shell.variables.environment().filter((entry) => !entry.startsWith("_="));
  for (const definition of shell.functions.values()) {
    if (!definition.isExported) continue;
    const text = functionText(definition);
    const body = text.slice(text.indexOf("\n") + 1).replace(/^\{ \n\s*/u, "{  ");
    entries.push(`BASH_FUNC_${definition.name}%%=() ${body}`);
  }
  return entries;
}

const FUNCTION = /^BASH_FUNC_(.+)%%$/u;

/** Makes variables and functions of the environment, and sets PWD, OLDPWD, SHLVL and HOME. */
export async function importEnvironment(
  shell: Shell,
  environment: readonly string[],
): Promise<void> {
  const { variables } = shell;
  for (const entry of environment) {
    const at = entry.indexOf("=");
    if (at <= 0) continue;
    const name = entry.slice(0, at);
    const value = entry.slice(at + 1);
    const functionName = FUNCTION.exec(name)?.[1];
    if (functionName !== undefined && !shell.options.privileged)
      await importFunction(shell, functionName, value);
    else if (/^[A-Za-z_][A-Za-z_0-9]*$/u.test(name) && !NEVER_IMPORTED.has(name)) {
      variables.set(name, value);
      variables.setAttributes(name, Attribute.EXPORT);
    }
  }
  importOptions(shell);
  await setDirectory(shell);
  const level = Number(variables.get("SHLVL") ?? 0);
  variables.set("SHLVL", String(Number.isInteger(level) ? Math.max(level + 1, 0) : 1));
  variables.setAttributes("SHLVL", Attribute.EXPORT);
  if (variables.get("HOME") === undefined && shell.isLogin)
    variables.set("HOME", homeOfUser(shell, undefined) ?? "/");
}

const NEVER_IMPORTED = new Set(["_", "PS4_", "BASH_VERSINFO", "UID", "EUID", "PPID"]);

async function importFunction(shell: Shell, name: string, value: string): Promise<void> {
  if (!value.startsWith("() {") || !/^[^\s;&|()<>$'"\\`]+$/u.test(name)) return;
  await runText(shell, `${name} ${value}`, { label: "importing function", name: "environment" });
  const imported = shell.functions.get(name);
  if (imported) shell.functions.set(name, { ...imported, isExported: true });
}

/** SHELLOPTS and BASHOPTS of a parent shell switch the same options on. */
function importOptions(shell: Shell): void {
  const apply = (names: string | undefined, options: object): void => {
    for (const name of (names ?? "").split(":"))
      if (Object.hasOwn(options, name)) (options as Record<string, boolean>)[name] = true;
  };
  apply(shell.variables.get("SHELLOPTS"), shell.options);
  apply(shell.variables.get("BASHOPTS"), shell.shopt);
}

/** PWD is kept where it names the working directory, symbolic links and all. */
async function setDirectory(shell: Shell): Promise<void> {
  const { variables, sys } = shell;
  const inherited = variables.get("PWD");
  shell.cwd =
    inherited?.startsWith("/") && (await isSameDirectory(shell, inherited))
      ? inherited
      : await workingDirectory(shell);
  variables.set("PWD", shell.cwd);
  variables.setAttributes("PWD", Attribute.EXPORT);
  const old = variables.get("OLDPWD");
  if (old === undefined || !(await statFile(sys, old))) variables.unset("OLDPWD");
  variables.setAttributes("OLDPWD", Attribute.EXPORT);
}

async function isSameDirectory({ sys }: Shell, path: string): Promise<boolean> {
  const [named, here] = [await statFile(sys, path), await statFile(sys, ".")];
  return (
    named !== undefined && here !== undefined && named.ino === here.ino && named.dev === here.dev
  );
}

async function workingDirectory({ sys, output, name }: Shell): Promise<string> {
  try {
    return await sys.getcwd();
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (error.errno === Errno.ENOENT)
      output.warn(
        `${name}: error retrieving current directory: getcwd: cannot access parent directories: No such file or directory\n`,
      );
    return ".";
  }
}
