/** Terminals in tabs, and on a phone the keys that its keyboard lacks. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Vm } from "../../src/browser.ts";
import { attempt } from "../notices.tsx";
import { HOME, running } from "../session.ts";
import { isDark } from "../settings.ts";
import { Icon } from "../ui/icons.tsx";
import { go, registerFocus } from "../ui/places.ts";
import { TabStrip, Tool } from "../ui/tab-strip.tsx";
import { openFile } from "./editor-files.ts";
import { join } from "./file-tree.ts";
import {
  closeAllTerminals,
  closeTerminal,
  newTerminal,
  register,
  setTitle,
  shownId,
  shownTerminal,
  showTerminal,
  tabs,
} from "./terminal-tabs.ts";
import { controlHeld, TerminalView } from "./terminal-view.ts";
import { PIPELINE, WELCOME_FILE, welcome } from "./welcome.ts";

const EXTRA_KEYS: readonly (readonly [label: string, typed: string, name?: string])[] = [
  ["Esc", "\u001b"],
  ["Tab", "\t"],
  ["↑", "\u001b[A", "Up"],
  ["↓", "\u001b[B", "Down"],
  ["←", "\u001b[D", "Left"],
  ["→", "\u001b[C", "Right"],
  ["|", "|", "Pipe"],
  ["/", "/", "Slash"],
  ["~", "~", "Tilde"],
  ["-", "-", "Dash"],
];

interface TerminalsProps {
  readonly vm: Vm;
  /** The machine is new: its first terminal welcomes. */
  readonly isNew: boolean;
}

export function Terminals({ vm, isNew }: TerminalsProps): JSX.Element {
  const first = useRef<string>(undefined);
  useEffect(() => {
    newTerminal();
    first.current = shownId.peek();
    return closeAllTerminals;
  }, [vm]);
  useEffect(() => registerFocus("terminal", () => shownTerminal()?.focus()), []);
  useEffect(() => {
    shownTerminal()?.fit();
    shownTerminal()?.focus();
  }, [shownId.value]);
  return (
    <>
      <TabStrip
        label="Terminals"
        empty="Terminal"
        tabs={tabs.value.map((tab) => ({ ...tab, icon: "terminal" }))}
        shown={shownId.value}
        show={showTerminal}
        close={closeTerminal}
      >
        <Tool icon="plus" label="New terminal (Ctrl-Shift-`)" act={newTerminal} />
      </TabStrip>
      <div class="terminal-stack">
        {tabs.value.map(({ id }) => (
          <TerminalHost key={id} id={id} vm={vm} welcomes={isNew && id === first.current} />
        ))}
        {tabs.value.length === 0 && (
          <div class="empty">
            <span>No terminal is open.</span>
            <button type="button" class="button" onClick={newTerminal}>
              <Icon name="plus" /> New terminal
            </button>
          </div>
        )}
      </div>
      <ExtraKeys />
    </>
  );
}

interface TerminalHostProps {
  readonly id: string;
  readonly vm: Vm;
  readonly welcomes: boolean;
}

function TerminalHost({ id, vm, welcomes }: TerminalHostProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<TerminalView>(undefined);
  useEffect(() => {
    const made = new TerminalView(host.current as HTMLElement, isDark.peek(), {
      onTitle: (title) => setTitle(id, title || "bash"),
      onLink: (link) => follow(vm, link),
    });
    view.current = made;
    register(id, made);
    if (welcomes) welcome(made);
    const run = () =>
      made.run(vm).catch((reason) => {
        // Where the machine was switched off, so were its terminals.
        if (running.peek()?.vm === vm) throw reason;
      });
    void attempt("The terminal ended", run).then(() => closeTerminal(id));
    made.focus();
    return () => {
      register(id, undefined);
      made.dispose();
    };
  }, [vm]);
  useEffect(() => view.current?.paint(isDark.value), [isDark.value]);
  return <div class="terminal-host" role="tabpanel" ref={host} hidden={id !== shownId.value} />;
}

function follow(vm: Vm, link: string): void {
  if (link === "isopod:timeline") go("timeline");
  else if (link === "isopod:edit") void openFile(vm, join(HOME, WELCOME_FILE));
  else {
    shownTerminal()?.type(`${PIPELINE}\r`);
    shownTerminal()?.focus();
  }
}

function ExtraKeys(): JSX.Element {
  const type = (text: string) => {
    shownTerminal()?.type(text);
    shownTerminal()?.focus();
  };
  const toggleControl = () => {
    controlHeld.value = !controlHeld.value;
    shownTerminal()?.focus();
  };
  const paste = () =>
    attempt("Cannot paste", async () =>
      shownTerminal()?.paste(await navigator.clipboard.readText()),
    );
  return (
    <div class="extra-keys" role="toolbar" aria-label="Keys">
      <button type="button" aria-pressed={controlHeld.value} onClick={toggleControl}>
        Ctrl
      </button>
      {EXTRA_KEYS.map(([label, typed, name]) => (
        <button key={label} type="button" aria-label={name} onClick={() => type(typed)}>
          {label}
        </button>
      ))}
      <button type="button" onClick={() => void paste()}>
        Paste
      </button>
    </div>
  );
}
