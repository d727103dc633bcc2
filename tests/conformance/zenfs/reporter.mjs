/** Reports each test that ran as a line of JSON: its file, its path of names, and whether it passed. */
import { basename } from "node:path";

export default async function* report(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === "test:start") names[data.nesting] = data.name;
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details.type === "suite" || data.skip !== undefined) continue;
    const name = [...names.slice(0, data.nesting), data.name].join(" > ");
    const passed = type === "test:pass";
    const reason = passed ? undefined : `${data.details.error?.cause?.message}`;
    yield `${JSON.stringify({ file: basename(data.file), name, passed, reason })}\n`;
  }
}
