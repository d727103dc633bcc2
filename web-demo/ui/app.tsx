/** The whole page: a bar, a side bar, the editor over the terminals; on a phone one of them at a time. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Vm } from "../../src/browser.ts";
import { Notices } from "../notices.tsx";
import { Editor } from "../panels/editor.tsx";
import { shownPath } from "../panels/editor-files.ts";
import { Files } from "../panels/files.tsx";
import { System } from "../panels/system.tsx";
import { Terminals } from "../panels/terminals.tsx";
import { phase, start, vm } from "../session.ts";
import { Icon, type IconName, Logo } from "./icons.tsx";
import { Splitter } from "./splitter.tsx";
import { TopBar } from "./top-bar.tsx";

type Side = "files" | "system";
type Place = Side | "editor" | "terminal";

const SIDES: readonly (readonly [Side, IconName, string])[] = [
  ["files", "folder", "Files"],
  ["system", "system", "System"],
];
const PLACES: readonly (readonly [Place, IconName, string])[] = [
  ["files", "folder", "Files"],
  ["editor", "editor", "Editor"],
  ["terminal", "terminal", "Terminal"],
  ["system", "system", "System"],
];

const side = signal<Side>("files");
/** What a phone shows. */
const place = signal<Place>("terminal");

shownPath.subscribe((path) => {
  if (path !== undefined && place.peek() === "files") place.value = "editor";
});

export function App(): JSX.Element {
  return (
    <div class="app">
      <TopBar sides={SIDES} side={side} />
      {vm.value ? <Workspace vm={vm.value} /> : <Start />}
      <div class="bottom-bar" role="tablist" aria-label="Parts of the page">
        {PLACES.map(([name, icon, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={place.value === name}
            onClick={() => {
              place.value = name;
              if (name === "files" || name === "system") side.value = name;
            }}
          >
            <Icon name={icon} size={19} />
            {label}
          </button>
        ))}
      </div>
      <Notices />
    </div>
  );
}

function Workspace({ vm }: { vm: Vm }): JSX.Element {
  const shown = (...names: Place[]) => `panel ${names.includes(place.value) ? "is-shown" : ""}`;
  return (
    <main class="workspace">
      <section class={shown("files", "system")} aria-label={side.value}>
        {side.value === "files" && <Files vm={vm} />}
        {side.value === "system" && <System vm={vm} />}
      </section>
      <Splitter
        direction="columns"
        label="Width of the side bar"
        variable="--side"
        value={(_, pixels) => `${Math.round(pixels)}px`}
      />
      <div class="main">
        <section class={shown("editor")} aria-label="Editor">
          <Editor vm={vm} />
        </section>
        <Splitter
          direction="rows"
          label="Height of the editor"
          variable="--split"
          value={(share) => `${(share / (1 - share)).toFixed(3)}fr`}
        />
        <section class={shown("terminal")} aria-label="Terminals">
          <Terminals vm={vm} />
        </section>
      </div>
    </main>
  );
}

function Start(): JSX.Element {
  const now = phase.value;
  if (now.kind !== "failed")
    return (
      <div class="empty">
        <Logo size={56} />
        <span>{now.kind === "starting" ? `${now.step} …` : ""}</span>
      </div>
    );
  return (
    <div class="empty" role="alert">
      <Logo size={56} />
      <strong>The machine did not start</strong>
      <span>{now.reason.message}</span>
      <button type="button" class="button primary" onClick={() => void start()}>
        Try again
      </button>
    </div>
  );
}
