/** A row of tabs: one stop for the Tab key, arrows between them, Delete closes. */
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icons.tsx";

export interface TabItem {
  readonly id: string;
  readonly title: string;
  /** Shown where the pointer rests. */
  readonly hint?: string;
  readonly icon?: IconName;
  readonly isChanged?: boolean;
}

interface TabStripProps {
  readonly label: string;
  readonly tabs: readonly TabItem[];
  readonly shown: string | undefined;
  readonly show: (id: string) => void;
  readonly close: (id: string) => void;
  /** Instead of tabs, where there are none. */
  readonly empty: string;
  /** Buttons at its end. */
  readonly children?: ComponentChildren;
}

export function TabStrip(props: TabStripProps): JSX.Element {
  const { label, tabs, shown, show, close, empty, children } = props;
  const at = tabs.findIndex(({ id }) => id === shown);
  const onKeyDown = (event: KeyboardEvent) => {
    const strip = event.currentTarget as HTMLElement;
    const to: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[to[event.key] ?? -1];
    if (event.key === "Delete" && tabs[at]) close(tabs[at].id);
    if (!next) return;
    event.preventDefault();
    show(next.id);
    requestAnimationFrame(() => {
      strip.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
    });
  };
  return (
    <div class="tabs">
      {tabs.length === 0 && <strong class="tab-title">{empty}</strong>}
      <div class="tab-list" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <div key={tab.id} class={`tab-group ${tab.id === shown ? "is-shown" : ""}`}>
            <button
              type="button"
              role="tab"
              class="tab"
              title={tab.hint}
              aria-selected={tab.id === shown}
              tabIndex={tab.id === shown ? 0 : -1}
              ref={(button) => {
                if (tab.id === shown)
                  button?.scrollIntoView({ block: "nearest", inline: "nearest" });
              }}
              onClick={() => show(tab.id)}
              onAuxClick={(event) => event.button === 1 && close(tab.id)}
            >
              {tab.icon && <Icon name={tab.icon} size={13} />}
              <span class="tab-text">{tab.title}</span>
              {tab.isChanged && <span class="mark" title="Not saved" />}
            </button>
            <button
              type="button"
              class="tab-close"
              tabIndex={-1}
              aria-label={`Close ${tab.title}`}
              onClick={() => close(tab.id)}
            >
              <Icon name="close" size={12} />
            </button>
          </div>
        ))}
      </div>
      <div class="actions">{children}</div>
    </div>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  readonly act: () => void;
}

/** A button that is an icon. */
export function Tool({ icon, label, act }: ToolProps): JSX.Element {
  return (
    <button type="button" class="icon-button" title={label} aria-label={label} onClick={act}>
      <Icon name={icon} />
    </button>
  );
}
