/** Files of `NAME=value` lines, as Node reads them (`--env-file`, process.loadEnvFile, util.parseEnv). */

export function parseDotenv(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  let rest = text.replaceAll("\r", "").trim();
  while (rest !== "") {
    if (rest.startsWith("\n") || rest.startsWith("#")) {
      rest = behindLine(rest).trimStart();
      continue;
    }
    const equals = rest.indexOf("=");
    const newline = rest.indexOf("\n");
    if (equals < 0 || (newline >= 0 && newline < equals)) {
      if (newline < 0) break;
      rest = rest.slice(newline + 1).trim();
      continue;
    }
    const name = rest.slice(0, equals).trim();
    rest = rest.slice(equals + 1);
    if (name === "") break;
    const key = name.startsWith("export ") ? name.slice(7).trim() : name;
    const [value, behind] = takeValue(rest);
    entries.set(key, value);
    rest = behind;
  }
  return entries;
}

/** The value at the start of `text`, and what follows its line. */
function takeValue(text: string): [value: string, rest: string] {
  if (text === "" || text.startsWith("\n")) return ["", text.slice(1)];
  const trimmed = text.replace(/^[ \t]+/, "");
  const quote = trimmed.charAt(0);
  if (quote !== "" && QUOTES.includes(quote)) {
    const end = trimmed.indexOf(quote, 1);
    if (end > 0) {
      const raw = trimmed.slice(1, end);
      const value = quote === '"' ? raw.replaceAll("\\n", "\n") : raw;
      return [value, behindLine(trimmed.slice(end + 1)).trimStart()];
    }
    // Without its other end it is a character like any other; the value is one line.
    return [upToLine(trimmed).trim(), behindLine(trimmed).trimStart()];
  }
  const line = upToLine(trimmed);
  const comment = line.indexOf("#");
  const value = comment >= 0 ? line.slice(0, comment) : line;
  return [value.trim(), behindLine(trimmed).trimStart()];
}

const QUOTES = "\"'`";

function upToLine(text: string): string {
  const newline = text.indexOf("\n");
  return newline < 0 ? text : text.slice(0, newline);
}

function behindLine(text: string): string {
  const newline = text.indexOf("\n");
  return newline < 0 ? "" : text.slice(newline + 1);
}
