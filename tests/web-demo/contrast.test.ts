/** Colours of the playground against WCAG 2.2 AA: https://www.w3.org/TR/WCAG22/#contrast-minimum */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("../../web-demo/styles/theme.css", import.meta.url), "utf8");
const [dark = "", light = "", system = ""] = css.split(/:root\[data-theme[^{]*\{/);

const TEXT = 4.5;
const SHAPE = 3;
const CODE = ["keyword", "string", "number", "comment", "name", "function", "type"];

/** What stands on what, and how much it must differ. */
const PAIRS: readonly (readonly [front: string, back: string, least: number])[] = [
  ...["text", "soft", "faint"].flatMap((front) =>
    ["canvas", "surface", "raised", "hover"].map((back) => [front, back, TEXT] as const),
  ),
  ...["accent", "danger", "warning", "added"].flatMap((front) =>
    ["surface", "raised"].map((back) => [front, back, TEXT] as const),
  ),
  ["on-accent", "accent", TEXT],
  ["on-danger", "danger", TEXT],
  // The ring around what has the focus.
  ["accent", "canvas", SHAPE],
  ...CODE.flatMap((name) =>
    ["surface", "hover"].map((back) => [`code-${name}`, back, TEXT] as const),
  ),
];

describe.each([
  ["dark", dark],
  ["light", light],
])("%s", (_, block) => {
  test.each(PAIRS)("%s on %s", (front, back, least) => {
    expect(contrast(colour(block, front), colour(block, back))).toBeGreaterThanOrEqual(least);
  });
});

test("the system's light theme has the same colours as the light one", () => {
  const declared = (block: string) => [...block.matchAll(/--[\w-]+: #\w+/g)].map(String);
  expect(declared(system)).toEqual(declared(light));
});

function colour(block: string, name: string): readonly number[] {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(block)?.[1];
  if (!hex) throw new Error(`theme.css has no --${name}`);
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [less = 0, more = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
}

function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
