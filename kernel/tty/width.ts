/**
 * How many columns a character takes in a terminal (wcwidth(3)): 2 for wide East Asian characters and
 * emoji, 0 for what combines with the one before, else 1. Source: Unicode Standard Annex 11.
 */
export function columnsOf(codePoint: number): number {
  if (codePoint < 0x300) return codePoint === 0xad ? 0 : 1;
  const text = String.fromCodePoint(codePoint);
  if (COMBINING.test(text)) return 0;
  return WIDE_BLOCKS.some(([first, last]) => codePoint >= first && codePoint <= last) ||
    EMOJI.test(text)
    ? 2
    : 1;
}

const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;

/** The blocks whose characters are wide or full-width; emoji apart. */
const WIDE_BLOCKS: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];
