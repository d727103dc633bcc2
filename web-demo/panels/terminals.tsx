/** Terminals in tabs, and on a phone the keys that its keyboard lacks. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Vm } from "../../src/browser.ts";
import { attempt } from "../notices.tsx";
import { isDark, theme } from "../settings.ts";
import { Icon } from "../ui/icons.tsx";
import { TerminalView } from "./terminal-view.ts";

interface Tab {
  readonly id: number;
  readonly title: string;
}

const EXTRA_KEYS: readonly (readonly [label: string, typed: string])[] = [
  ["Esc", "\u001b"],
  ["Tab", "\t"],
  ["↑", "\u001b[A"],
  ["↓", "\u001b[B"],
  ["←", "\u001b[D"],
  ["→", "\u001b[C"],
  ["|", "|"],
  ["/", "/"],
  ["~", "~"],
  ["-", "-"],
];

let lastId = 0;
const newTab = (): Tab => ({ id: ++lastId, title: "bash" });

export function Terminals({ vm }: { vm: Vm }): JSX.Element {
  const tabs = useSignal<readonly Tab[]>([newTab()]);
  const shown = useSignal(tabs.value[0]?.id);
  const control = useSignal(false);
  const views = useRef(new Map<number, TerminalView>());

  const open = () => {
    const tab = newTab();
    tabs.value = [...tabs.value, tab];
    shown.value = tab.id;
  };
  const close = (id: number) => {
    const at = tabs.value.findIndex((tab) => tab.id === id);
    tabs.value = tabs.value.filter((tab) => tab.id !== id);
    if (shown.value === id) shown.value = (tabs.value[at] ?? tabs.value[at - 1])?.id;
  };
  const rename = (id: number, title: string) => {
    tabs.value = tabs.value.map((tab) => (tab.id === id ? { ...tab, title } : tab));
  };
  const view = () => views.current.get(shown.value ?? -1);
  const type = (text: string) => {
    view()?.type(text);
    view()?.focus();
    control.value = false;
  };

  useEffect(() => {
    view()?.fit();
    view()?.focus();
  }, [shown.value]);

  return (
    <>
      <div class="tabs" role="tablist" aria-label="Terminals">
        {tabs.value.map((tab) => (
          <div key={tab.id} class="tab-group">
            <button
              type="button"
              role="tab"
              class="tab"
              aria-selected={tab.id === shown.value}
              onClick={() => (shown.value = tab.id)}
            >
              <Icon name="terminal" size={13} />
              {tab.title}
            </button>
            <button
              type="button"
              class="tab-close"
              aria-label={`Close ${tab.title}`}
              onClick={() => close(tab.id)}
            >
              <Icon name="close" size={12} />
            </button>
          </div>
        ))}
        <div class="actions">
          <button
            type="button"
            class="icon-button"
            title="New terminal"
            aria-label="New terminal"
            onClick={open}
          >
            <Icon name="plus" />
          </button>
        </div>
      </div>
      <div class="terminal-stack">
        {tabs.value.map((tab) => (
          <TerminalHost
            key={tab.id}
            vm={vm}
            isShown={tab.id === shown.value}
            onTitle={(title) => rename(tab.id, title)}
            onEnd={() => close(tab.id)}
            register={(made) => {
              if (made) views.current.set(tab.id, made);
              else views.current.delete(tab.id);
            }}
          />
        ))}
        {tabs.value.length === 0 && (
          <div class="empty">
            <button type="button" class="button" onClick={open}>
              <Icon name="plus" /> New terminal
            </button>
          </div>
        )}
      </div>
      <div class="extra-keys" role="toolbar" aria-label="Keys">
        <button
          type="button"
          aria-pressed={control.value}
          onClick={() => {
            const now = view();
            if (!now) return;
            now.control = !now.control;
            control.value = now.control;
            now.focus();
          }}
        >
          Ctrl
        </button>
        {EXTRA_KEYS.map(([label, typed]) => (
          <button key={label} type="button" onClick={() => type(typed)}>
            {label}
          </button>
        ))}
      </div>
    </>
  );
}

interface TerminalHostProps {
  readonly vm: Vm;
  readonly isShown: boolean;
  readonly onTitle: (title: string) => void;
  readonly onEnd: () => void;
  readonly register: (view: TerminalView | undefined) => void;
}

function TerminalHost(props: TerminalHostProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<TerminalView>(undefined);
  useEffect(() => {
    const made = new TerminalView(host.current as HTMLElement, isDark());
    view.current = made;
    props.register(made);
    void attempt("The terminal ended", () => made.run(props.vm, props.onTitle)).then(props.onEnd);
    made.focus();
    return () => {
      props.register(undefined);
      made.dispose();
    };
  }, [props.vm]);
  useEffect(() => view.current?.paint(isDark()), [theme.value]);
  return <div class="terminal-host" ref={host} hidden={!props.isShown} />;
}
