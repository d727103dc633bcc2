/** How CodeMirror is set up: the language by the file's name, colours from the page's own. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  LanguageDescription,
  syntaxHighlighting,
} from "@codemirror/language";
import { languages } from "@codemirror/language-data";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

export { EditorView };

export interface EditorEvents {
  onChange(state: EditorState): void;
  /** Ctrl-S. */
  onSave(): void;
}

export async function editorState(
  text: string,
  name: string,
  { onChange, onSave }: EditorEvents,
): Promise<EditorState> {
  const description = LanguageDescription.matchFilename(languages, name);
  const language = await description?.load().catch(() => undefined);
  const save = () => {
    onSave();
    return true;
  };
  return EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      keymap.of([{ key: "Mod-s", run: save, preventDefault: true }]),
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ "aria-label": name }),
      syntaxHighlighting(colours),
      look,
      EditorView.updateListener.of((update) => onChange(update.state)),
      ...(language ? [language] : []),
    ],
  });
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.comment, tags.meta], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.heading], color: "var(--code-function)" },
  { tag: [tags.typeName, tags.className, tags.tagName], color: "var(--code-type)" },
  { tag: [tags.propertyName, tags.attributeName, tags.labelName], color: "var(--code-keyword)" },
  { tag: tags.heading, fontWeight: "600" },
  { tag: tags.link, textDecoration: "underline" },
  { tag: tags.invalid, color: "var(--danger)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--code-name)" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-gutters": { background: "transparent", color: "var(--faint)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--accent-soft) !important",
  },
  ".cm-selectionMatch": { background: "var(--accent-soft)" },
  ".cm-panels": { background: "var(--raised)", color: "var(--text)" },
  ".cm-textfield, .cm-button": {
    background: "var(--surface)",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius-small)",
    color: "var(--text)",
  },
});
