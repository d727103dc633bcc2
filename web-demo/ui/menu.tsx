/** A menu at a place of the page; gone when something is chosen, at Escape, or at a click beside it. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons.tsx";

export interface MenuItem {
  readonly icon?: IconName;
  readonly label: string;
  /** The key that does the same. */
  readonly key?: string;
  readonly danger?: boolean;
  /** One of several of which one is chosen. */
  readonly isChosen?: boolean;
  /** A line above it. */
  readonly begins?: boolean;
  readonly act: () => void;
}

export interface MenuPlace {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 8;

interface MenuProps {
  readonly place: MenuPlace;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly close: () => void;
}

export function Menu({ place, label, items, close }: MenuProps): JSX.Element {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = menu.current as HTMLElement;
    const { width, height } = element.getBoundingClientRect();
    const within = (wanted: number, size: number, room: number) =>
      `${Math.max(Math.min(wanted, room - size - MARGIN), MARGIN)}px`;
    element.style.left = within(place.x, width, innerWidth);
    element.style.top = within(place.y, height, innerHeight);
  }, [place]);
  useLayoutEffect(() => {
    const shown = menu.current as HTMLElement;
    const before = document.activeElement;
    const chosen = shown.querySelector<HTMLElement>('[aria-checked="true"]');
    (chosen ?? shown.querySelector("button"))?.focus();
    const leave = (event: PointerEvent) => {
      if (!shown.contains(event.target as Node)) close();
    };
    addEventListener("pointerdown", leave);
    return () => {
      removeEventListener("pointerdown", leave);
      // What was chosen may have moved the focus already.
      const { activeElement, body } = document;
      if (activeElement === body || shown.contains(activeElement)) {
        (before as HTMLElement | null)?.focus();
      }
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close();
    }
    const buttons = [...(menu.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to: Record<string, number> = {
      ArrowDown: (at + 1) % buttons.length,
      ArrowUp: (at - 1 + buttons.length) % buttons.length,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = buttons[to[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <div class="menu" role="menu" aria-label={label} ref={menu} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          {...(item.isChosen === undefined
            ? { role: "menuitem" }
            : { role: "menuitemradio", "aria-checked": item.isChosen })}
          tabIndex={-1}
          class={`${item.danger ? "danger" : ""} ${item.begins ? "begins" : ""}`}
          onClick={() => {
            close();
            item.act();
          }}
        >
          {item.icon ? <Icon name={item.icon} /> : <span class="no-icon" />}
          <span class="menu-label">{item.label}</span>
          {item.isChosen && <Icon name="check" size={13} />}
          {item.key && <kbd>{item.key}</kbd>}
        </button>
      ))}
    </div>
  );
}
