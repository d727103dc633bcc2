/** Shell commands that `bind -x` put on a key: they see and may change the line that is edited. */
import type { LineEditor } from "../line-editor/editor.ts";
import type { Shell } from "../state.ts";

export async function runBoundCommand(
  shell: Shell,
  editor: LineEditor,
  command: string,
): Promise<void> {
  const { variables, status } = shell;
  variables.set("READLINE_LINE", editor.text);
  variables.set("READLINE_POINT", String([...editor.text.slice(0, editor.cursor)].length));
  await shell.evaluate(command);
  const text = variables.get("READLINE_LINE") ?? "";
  const point = Number(variables.get("READLINE_POINT") ?? 0) || 0;
  editor.setLine(text, [...text].slice(0, point).join("").length);
  variables.unset("READLINE_LINE");
  variables.unset("READLINE_POINT");
  shell.status = status;
}
