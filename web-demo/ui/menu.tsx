/** A menu at a place of the page; gone when something is chosen, at Escape, or at a click beside it. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons.tsx";

export interface MenuItem {
  readonly icon: IconName;
  readonly label: string;
  readonly danger?: boolean;
  readonly act: () => void;
}

export interface MenuPlace {
  readonly x: number;
  readonly y: number;
}

const [ROW_HEIGHT, WIDTH, MARGIN] = [30, 180, 20];

interface MenuProps {
  readonly place: MenuPlace;
  readonly items: readonly MenuItem[];
  readonly close: () => void;
}

export function Menu({ place, items, close }: MenuProps): JSX.Element {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    menu.current?.querySelector("button")?.focus();
    const leave = (event: PointerEvent) => {
      if (!menu.current?.contains(event.target as Node)) close();
    };
    addEventListener("pointerdown", leave);
    return () => removeEventListener("pointerdown", leave);
  }, [close]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    const step = Number(event.key === "ArrowDown") - Number(event.key === "ArrowUp");
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...(menu.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  const top = Math.min(place.y, innerHeight - items.length * ROW_HEIGHT - MARGIN);
  const left = Math.min(place.x, innerWidth - WIDTH - MARGIN);
  return (
    <div class="menu" role="menu" ref={menu} style={{ top, left }} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          class={item.danger ? "danger" : ""}
          onClick={() => {
            close();
            item.act();
          }}
        >
          <Icon name={item.icon} />
          {item.label}
        </button>
      ))}
    </div>
  );
}
