/** The bar on top: which machine this is, how it does, and what concerns the whole page. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { machineMenu } from "../machine-menu.ts";
import { current } from "../machines.ts";
import { saveState } from "../saving.ts";
import { phase, running } from "../session.ts";
import { isDark, theme } from "../settings.ts";
import { helpIsShown } from "../shortcuts.ts";
import { Icon, Logo } from "./icons.tsx";
import { Menu, type MenuPlace } from "./menu.tsx";
import { go, LABELS, SIDES, side } from "./places.ts";
import { Tool } from "./tab-strip.tsx";

export function TopBar(): JSX.Element {
  return (
    <header class="top-bar">
      <h1 class="brand">
        <Logo />
        <span class="brand-name">Isopod</span>
      </h1>
      <MachineButton />
      <Status />
      <span class="spacer" />
      {running.value && <SideTabs />}
      {running.value && <span class="wide-only divider" />}
      <Tool icon="help" label="Keys (F1)" act={() => (helpIsShown.value = true)} />
      <Tool
        icon={isDark.value ? "sun" : "moon"}
        label={isDark.value ? "Use light colours" : "Use dark colours"}
        act={() => (theme.value = isDark.peek() ? "light" : "dark")}
      />
    </header>
  );
}

function MachineButton(): JSX.Element {
  const menu = useSignal<MenuPlace | undefined>(undefined);
  const { label, server } = current.value;
  return (
    <>
      <button
        type="button"
        class="machine-select"
        aria-haspopup="menu"
        aria-expanded={menu.value !== undefined}
        aria-label={`Machine: ${label}`}
        title={server ? `${label} on ${server}` : label}
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          menu.value = { x: left, y: bottom + 4 };
        }}
      >
        <Icon name={server ? "remote" : "machine"} size={14} />
        <span class="machine-label">{label}</span>
        <Icon name="chevron" size={11} />
      </button>
      {menu.value && (
        <Menu
          place={menu.value}
          label="Machines"
          items={machineMenu()}
          close={() => (menu.value = undefined)}
        />
      )}
    </>
  );
}

function SideTabs(): JSX.Element {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = Number(event.key === "ArrowRight") - Number(event.key === "ArrowLeft");
    const next = SIDES[(SIDES.indexOf(side.value) + step + SIDES.length) % SIDES.length];
    if (step === 0 || next === undefined) return;
    side.value = next;
    const tabs = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]");
    tabs[SIDES.indexOf(next)]?.focus();
  };
  return (
    <div class="wide-only" role="tablist" aria-label="Side bar" onKeyDown={onKeyDown}>
      {SIDES.map((name) => {
        const [icon, label] = LABELS[name];
        return (
          <button
            key={name}
            type="button"
            role="tab"
            class="icon-button"
            title={label}
            aria-label={label}
            aria-selected={side.value === name}
            tabIndex={side.value === name ? 0 : -1}
            onClick={() => go(name)}
          >
            <Icon name={icon} />
          </button>
        );
      })}
    </div>
  );
}

function Status(): JSX.Element {
  const { look, text, hint } = statusOf();
  return (
    <span class={`status ${look}`} title={hint} role="status">
      <span class="dot" />
      <span class="status-text">{text}</span>
    </span>
  );
}

interface StatusText {
  readonly look: string;
  readonly text: string;
  readonly hint?: string;
}

function statusOf(): StatusText {
  const now = phase.value;
  if (now.kind === "failed" || now.kind === "stopped")
    return { look: "is-failed", text: "Stopped" };
  if (now.kind === "busy") return { look: "is-busy", text: "In another tab" };
  if (now.kind === "starting") return { look: "is-busy", text: now.step };
  const hint = `Started in ${Math.round(now.milliseconds)} ms`;
  return { hint, ...saveState.value };
}
