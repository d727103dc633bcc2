/**
 * `npm run -s differential:record [GROUP...]`: runs every line of lines/*.transcript by the host's
 * bash and tools and writes what they said beside it. Expected results come from nowhere else.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostMachine } from "./host.ts";
import { formatTranscript, parseTranscript } from "./transcript.ts";

const FOLDER = join(import.meta.dirname, "lines");

using host = new HostMachine();
const wanted = process.argv.slice(2);
for (const name of readdirSync(FOLDER).sort()) {
  const group = name.replace(/\.transcript$/, "");
  if (wanted.length > 0 && !wanted.includes(group)) continue;
  const path = join(FOLDER, name);
  const cases = parseTranscript(readFileSync(path, "utf8"));
  const recorded = cases.map((entry) => ({ ...entry, expected: host.run(entry.command) }));
  writeFileSync(path, formatTranscript(recorded));
  console.log(`${group}: ${recorded.length} lines`);
}
