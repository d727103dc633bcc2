/** The editor: a tab for each open file, Ctrl-S writes it into the machine. */
import { EditorView } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Vm } from "../../src/browser.ts";
import { Icon, Logo } from "../ui/icons.tsx";
import { close, files, lookForChanges, save, shownPath } from "./editor-files.ts";

const LOOK_MS = 1500;

export function Editor({ vm }: { vm: Vm }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const shown = files.value.find(({ path }) => path === shownPath.value);

  useEffect(() => {
    const made = new EditorView({ parent: host.current as HTMLElement });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    if (shown && view.current && view.current.state !== shown.state) {
      view.current.setState(shown.state);
      view.current.focus();
    }
  }, [shown?.path, shown?.state]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void lookForChanges(vm);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [vm]);

  return (
    <>
      <div class="tabs" role="tablist" aria-label="Open files">
        {files.value.map((file) => (
          <div key={file.path} class="tab-group">
            <button
              type="button"
              role="tab"
              class="tab"
              title={file.path}
              aria-selected={file === shown}
              onClick={() => (shownPath.value = file.path)}
            >
              {file.name}
              {file.isChanged && <span class="mark" title="Not saved" />}
            </button>
            <button
              type="button"
              class="tab-close"
              aria-label={`Close ${file.name}`}
              onClick={() => close(file.path)}
            >
              <Icon name="close" size={12} />
            </button>
          </div>
        ))}
        {files.value.length === 0 && <strong class="tab-title">Editor</strong>}
        {shown?.isChanged && (
          <div class="actions">
            <button type="button" class="button" onClick={() => void save(vm, shown.path)}>
              Save
            </button>
          </div>
        )}
      </div>
      <div class="panel-body">
        <div class="editor" ref={host} hidden={!shown} />
        {!shown && (
          <div class="empty">
            <Logo size={44} />
            <span>Choose a file, or make one in the terminal.</span>
            <span>
              <kbd>Ctrl</kbd> <kbd>S</kbd> saves
            </span>
          </div>
        )}
      </div>
    </>
  );
}
