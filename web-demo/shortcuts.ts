/** Keys of the whole page. They are looked at before the terminal and the editor see them. */
import { signal } from "@preact/signals";
import { newTerminal, showTerminalAt } from "./panels/terminal-tabs.ts";
import { go, goRound, show } from "./ui/places.ts";

interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
  /** False: the key is not for the page. */
  readonly isFor?: (event: KeyboardEvent) => boolean;
  readonly act?: (event: KeyboardEvent) => boolean | undefined;
}

export const helpIsShown = signal(false);

/** In the order in which the help lists them. */
export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: ["F1"],
    does: "Show these keys",
    isFor: ({ key }) => key === "F1",
    act: () => done(() => (helpIsShown.value = !helpIsShown.peek())),
  },
  {
    keys: ["F6", "Shift F6"],
    does: "Next part of the page, or the one before",
    isFor: ({ key }) => key === "F6",
    act: ({ shiftKey }) => done(() => goRound(shiftKey ? -1 : 1)),
  },
  {
    keys: ["Ctrl `"],
    does: "Terminal",
    isFor: (event) => event.ctrlKey && event.code === "Backquote" && !event.shiftKey,
    act: () => done(() => go("terminal")),
  },
  {
    keys: ["Ctrl Shift `"],
    does: "New terminal",
    isFor: (event) => event.ctrlKey && event.code === "Backquote" && event.shiftKey,
    act: () =>
      done(() => {
        show("terminal");
        newTerminal();
      }),
  },
  {
    keys: ["Alt 1", "… 9"],
    does: "Terminal of that number",
    isFor: (event) =>
      event.altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-9]$/.test(event.code),
    act: ({ code }) => {
      if (!showTerminalAt(Number(code.slice(-1)) - 1)) return false;
      go("terminal");
      return true;
    },
  },
  {
    keys: ["Ctrl Shift E"],
    does: "Files",
    isFor: (event) => event.ctrlKey && event.shiftKey && event.code === "KeyE",
    act: () => done(() => go("files")),
  },
  {
    keys: ["Ctrl Shift X"],
    does: "Editor",
    isFor: (event) => event.ctrlKey && event.shiftKey && event.code === "KeyX",
    act: () => done(() => go("editor")),
  },
  { keys: ["Ctrl S"], does: "Save the file in the editor" },
  { keys: ["Ctrl F"], does: "Find in the editor" },
  { keys: ["Ctrl Shift C", "Ctrl Shift V"], does: "Copy and paste in a terminal" },
  { keys: ["F2", "Delete"], does: "Rename or delete what is chosen in the files" },
  { keys: ["Esc"], does: "Leave a dialog or menu" },
];

export function listenForShortcuts(): void {
  addEventListener(
    "keydown",
    (event) => {
      if (document.querySelector("dialog[open]") && event.key !== "F1") return;
      const shortcut = SHORTCUTS.find(({ isFor }) => isFor?.(event));
      if (!shortcut?.act?.(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}

function done(act: () => void): true {
  act();
  return true;
}
