/** `node tests/runtimes/shell/record-lines.ts`: writes into lines/*.sh what the host's bash 5.2 says. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatSnippets, parseSnippets, runOnHost } from "./lines.ts";

const FOLDER = join(import.meta.dirname, "lines");

for (const name of readdirSync(FOLDER).sort()) {
  const path = join(FOLDER, name);
  const snippets = parseSnippets(readFileSync(path, "utf8"));
  const recorded = snippets.map((snippet) => ({ ...snippet, ...runOnHost(snippet.code) }));
  writeFileSync(path, formatSnippets(recorded));
  console.log(`${name}: ${recorded.length}`);
}
