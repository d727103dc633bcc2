/** Bundles a program into one ES module that imports nothing, or says what it reached for. */
import { resolve } from "node:path";
import { build, type Rolldown } from "vite";
import { noHostModules } from "../../scripts/build-browser.ts";

export const MACHINE = resolve(import.meta.dirname, "machine.ts");

export async function bundle(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    root: import.meta.dirname,
    publicDir: false,
    plugins: [noHostModules()],
    build: {
      write: false,
      target: "es2023",
      minify: false,
      lib: { entry, formats: ["es"] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const [{ output }] = result as [Rolldown.RolldownOutput];
  const [chunk, ...others] = output;
  if (others.length > 0 || chunk.imports.length > 0) {
    throw new Error(
      `the bundle is not whole: ${[...others.map((o) => o.fileName), ...chunk.imports]}`,
    );
  }
  return chunk.code;
}
