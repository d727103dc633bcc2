/** Attributes of functions: `export -f`, `readonly -f`, `declare -ft`. */
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { Attribute } from "../variable.ts";
import type { Request } from "./declare.ts";

export function declareFunction(shell: Shell, { command, on, off }: Request, name: string): void {
  const found = shell.functions.get(name);
  if (found === undefined) {
    // `declare -fx nope` only has the status of a failure.
    if (command === "declare" || command === "local") throw new ShellError(`${name}: not found`);
    throw new ShellError(`${name}: not a function`);
  }
  if (found.isReadonly && (off & Attribute.READONLY) !== 0) {
    throw new ShellError(`${name}: readonly function`);
  }
  const changed = (attribute: number, value: boolean) =>
    (on & attribute) !== 0 || (value && (off & attribute) === 0);
  shell.functions.set(name, {
    ...found,
    isExported: changed(Attribute.EXPORT, found.isExported),
    isReadonly: changed(Attribute.READONLY, found.isReadonly),
    isTraced: changed(Attribute.TRACE, found.isTraced),
  });
}
