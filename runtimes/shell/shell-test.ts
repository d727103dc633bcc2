/** What `test` and `[[` ask of a shell and its machine. */
import { AssociativeArray, IndexedArray } from "./arrays.ts";
import { compareFiles, testFile } from "./file-tests.ts";
import type { SetOptions } from "./settings.ts";
import type { Shell } from "./state.ts";
import type { MaybePromise } from "./task.ts";
import type { TestHost } from "./test.ts";
import { Attribute } from "./variable.ts";

export class ShellTestHost implements TestHost {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  testFile(operator: string, path: string): MaybePromise<boolean> {
    return testFile(this.#shell.sys, operator, path);
  }

  compareFiles(operator: string, left: string, right: string): MaybePromise<boolean> {
    return compareFiles(this.#shell.sys, operator, left, right);
  }

  testShell(operator: string, name: string): boolean {
    switch (operator) {
      case "-o":
        return (
          Object.hasOwn(this.#shell.options, name) && this.#shell.options[name as keyof SetOptions]
        );
      case "-R": {
        const variable = this.#shell.variables.lookup(name);
        return variable?.has(Attribute.NAMEREF) === true && variable.value !== undefined;
      }
      default:
        return this.#isSet(name);
    }
  }

  #isSet(name: string): boolean {
    const element = /^([A-Za-z_][A-Za-z_0-9]*)\[([\s\S]*)\]$/u.exec(name);
    if (!element) {
      if (/^[0-9]+$/u.test(name)) return this.#shell.positional[Number(name) - 1] !== undefined;
      return this.#shell.variables.get(name) !== undefined;
    }
    const [, array = "", subscript = ""] = element;
    const value = this.#shell.variables.value(array);
    if (subscript === "@" || subscript === "*") {
      if (value instanceof AssociativeArray && value.get(subscript) !== undefined) return true;
      return value instanceof IndexedArray ? value.size > 0 : typeof value === "string";
    }
    return this.#shell.readElement(array, subscript) !== undefined;
  }
}
