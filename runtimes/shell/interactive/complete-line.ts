/** What Tab finds for the word before the cursor. */
import type { Completion } from "../line-editor/completion.ts";
import type { Shell } from "../state.ts";

export async function completeLine(
  _shell: Shell,
  _text: string,
  cursor: number,
): Promise<Completion> {
  return { start: cursor, candidates: [] };
}
