/** The editor: a tab for each open file, Ctrl-S writes it into the machine. */
import type { EditorView } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Vm } from "../../src/browser.ts";
import { MODIFIER } from "../settings.ts";
import { Logo } from "../ui/icons.tsx";
import { registerFocus } from "../ui/places.ts";
import { TabStrip } from "../ui/tab-strip.tsx";
import {
  close,
  closeAll,
  codeMirror,
  files,
  lookForChanges,
  save,
  showFile,
  shownPath,
  takesFocus,
} from "./editor-files.ts";

const LOOK_MS = 1500;

export function Editor({ vm }: { vm: Vm }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const shown = files.value.find(({ path }) => path === shownPath.value);

  useEffect(() => registerFocus("editor", () => view.current?.focus()), []);
  useEffect(() => {
    if (shown) void showState(host.current as HTMLElement, view, shown.id);
    // What is typed is in the editor already: setting its state again would lose what came since.
  }, [shown?.id, shown?.reads]);
  useEffect(
    () => () => {
      view.current?.destroy();
      view.current = undefined;
      closeAll();
    },
    [vm],
  );
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void lookForChanges(vm);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [vm]);

  return (
    <>
      <TabStrip
        label="Open files"
        empty="Editor"
        tabs={files.value.map(({ path, name, isChanged }) => ({
          id: path,
          title: name,
          hint: path,
          isChanged,
        }))}
        shown={shown?.path}
        show={showFile}
        close={(path) => void close(path)}
      >
        {shown?.isChanged && (
          <button type="button" class="button small" onClick={() => void save(vm, shown.path)}>
            Save
          </button>
        )}
      </TabStrip>
      <div class="panel-body">
        <div class="editor" role="tabpanel" aria-label={shown?.name} ref={host} hidden={!shown} />
        {!shown && (
          <div class="empty">
            <Logo size={44} />
            <span>Choose a file at the left, or make one in the terminal.</span>
            <span>
              <kbd>{MODIFIER}</kbd> <kbd>S</kbd> saves, <kbd>F1</kbd> shows all keys
            </span>
          </div>
        )}
      </div>
    </>
  );
}

async function showState(
  host: HTMLElement,
  view: { current: EditorView | undefined },
  id: number,
): Promise<void> {
  const { EditorView } = await codeMirror();
  const file = files.peek().find((each) => each.id === id);
  if (!file || shownPath.peek() !== file.path) return;
  view.current ??= new EditorView({ parent: host });
  if (view.current.state === file.state) return;
  view.current.setState(file.state);
  // Its styles may have come with this very state: the gutter's place is known after another look.
  view.current.requestMeasure();
  if (takesFocus()) view.current.focus();
}
