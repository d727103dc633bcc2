/** Colours for the command's own words, where the stream shows them (NO_COLOR, FORCE_COLOR, terminals). */
import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

/** One line on standard error: `isopod: what went wrong`. */
export function complain(message: string): void {
  const paint = paintFor(process.stderr);
  const [first = "", ...rest] = message.split("\n");
  const lines = [
    `${paint(["bold", "red"], "isopod:")} ${first}`,
    ...rest.map((line) => `  ${line}`),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
