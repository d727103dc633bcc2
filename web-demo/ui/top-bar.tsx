/** The bar on top: what this is, how the machine does, and what concerns the whole page. */
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { phase } from "../session.ts";
import { isDark, theme } from "../settings.ts";
import { Icon, type IconName, Logo } from "./icons.tsx";

interface TopBarProps<Side extends string> {
  readonly sides: readonly (readonly [Side, IconName, string])[];
  readonly side: Signal<Side>;
}

export function TopBar<Side extends string>({ sides, side }: TopBarProps<Side>): JSX.Element {
  return (
    <header class="top-bar">
      <span class="brand">
        <Logo />
        Isopod
      </span>
      <Status />
      <span class="spacer" />
      <div class="wide-only" role="tablist" aria-label="Side bar">
        {sides.map(([name, icon, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            class="icon-button"
            title={label}
            aria-label={label}
            aria-selected={side.value === name}
            onClick={() => (side.value = name)}
          >
            <Icon name={icon} />
          </button>
        ))}
      </div>
      <button
        type="button"
        class="icon-button"
        title="Dark or light"
        aria-label={isDark() ? "Use light colours" : "Use dark colours"}
        onClick={() => (theme.value = isDark() ? "light" : "dark")}
      >
        <Icon name={isDark() ? "sun" : "moon"} />
      </button>
    </header>
  );
}

function Status(): JSX.Element {
  const now = phase.value;
  if (now.kind === "failed") {
    return (
      <span class="status is-failed">
        <span class="dot" /> Stopped
      </span>
    );
  }
  const isReady = now.kind === "ready";
  return (
    <span class={`status ${isReady ? "" : "is-busy"}`}>
      <span class="dot" />
      {isReady ? `Booted in ${Math.round(now.milliseconds)} ms` : now.step}
    </span>
  );
}
