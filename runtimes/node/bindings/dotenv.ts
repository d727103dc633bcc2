/** Files of environment variables, as `util.parseEnv` and `--env-file` read them (node_dotenv.cc). */

const ASSIGNMENT = /^[^\S\n]*(?:export[^\S\n]+)?([^=\n]*?)[^\S\n]*=[^\S\n]*/;

export function parseEnv(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  let rest = text.replace(/\r\n?/g, "\n").trim();
  while (rest !== "") {
    const found = rest[0] === "#" ? null : ASSIGNMENT.exec(rest);
    if (!found || found[1] === "") {
      rest = afterLine(rest);
      continue;
    }
    const [head, name] = found as unknown as [string, string];
    const value = readValue(rest.slice(head.length));
    variables[name] = value.text;
    rest = value.rest.trimStart();
  }
  return variables;
}

function readValue(source: string): { text: string; rest: string } {
  const quote = source[0] as string;
  if (quote === '"' || quote === "'" || quote === "`") {
    const end = source.indexOf(quote, 1);
    if (end > 0) {
      const inner = source.slice(1, end);
      const text = quote === '"' ? inner.replaceAll("\\n", "\n") : inner;
      return { text, rest: afterLine(source.slice(end + 1)) };
    }
    // A quote that nothing closes belongs to the value, which then ends with its line.
  }
  const end = source.indexOf("\n");
  const line = end < 0 ? source : source.slice(0, end);
  const comment = line.indexOf("#");
  return { text: (comment < 0 ? line : line.slice(0, comment)).trim(), rest: afterLine(source) };
}

function afterLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? "" : text.slice(end + 1).trimStart();
}
