/** Reports each test that ran as a line of JSON: its path of names, and whether it passed. */
export default async function* report(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === "test:start") names[data.nesting] = data.name;
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details.type === "suite" || data.skip !== undefined) continue;
    const path = [...names.slice(0, data.nesting), data.name];
    const reason = type === "test:fail" ? `${data.details.error?.cause?.message}` : undefined;
    yield `${JSON.stringify({ name: path.join(" > "), passed: type === "test:pass", reason })}\n`;
  }
}
