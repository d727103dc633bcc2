/** The modules that a script imports: `std` and `os`, and files. */
import { decodeUtf8, KernelError, type Sys } from "../../../kernel/index.ts";
import { readFile } from "./files.ts";
import { BUILT_IN_MODULES } from "./prelude.ts";

/** As QuickJS does: names that begin with a dot are relative to the importing file, others are as they stand. */
export function resolveModule(base: string, name: string): string {
  if (!name.startsWith(".")) return name;
  const parts = base.split("/").slice(0, -1);
  const isAbsolute = base.startsWith("/");
  for (const part of name.split("/")) {
    if (part === "." || part === "") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== ".." && parts.at(-1) !== "") {
      parts.pop();
    } else parts.push(part);
  }
  const path = parts.join("/");
  return isAbsolute || path.includes("/") || !BUILT_IN_MODULES.has(path) ? path : `./${path}`;
}

/** Undefined where there is no such file. */
export async function moduleText(sys: Sys, name: string): Promise<string | undefined> {
  const builtIn = BUILT_IN_MODULES.get(name);
  if (builtIn !== undefined) return builtIn;
  try {
    const bytes = await readFile(sys, name);
    return decodeUtf8(bytes, 0, bytes.length);
  } catch (reason) {
    if (reason instanceof KernelError) return undefined;
    throw reason;
  }
}
