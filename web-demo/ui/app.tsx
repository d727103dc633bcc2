/** The whole page: a bar, a side bar, the editor over the terminals; on a phone one of them at a time. */
import type { JSX } from "preact";
import { Notices } from "../notices.tsx";
import { Editor } from "../panels/editor.tsx";
import { Files } from "../panels/files.tsx";
import { System } from "../panels/system.tsx";
import { Terminals } from "../panels/terminals.tsx";
import { Timeline } from "../panels/timeline.tsx";
import { type Running, running } from "../session.ts";
import { Dialogs } from "./dialogs.tsx";
import { Help } from "./help.tsx";
import { Icon } from "./icons.tsx";
import { go, LABELS, PLACES, type Place, place, SIDES, side } from "./places.ts";
import { Splitter } from "./splitter.tsx";
import { Start } from "./start.tsx";
import { TopBar } from "./top-bar.tsx";

export function App(): JSX.Element {
  const now = running.value;
  return (
    <div class="app">
      <TopBar />
      {now ? <Workspace key={now.vm} {...now} /> : <Start />}
      {now && <BottomBar />}
      <Notices />
      <Dialogs />
      <Help />
    </div>
  );
}

function Workspace(now: Running): JSX.Element {
  const { vm } = now;
  const isShown = (name: Place) => (place.value === name ? "is-shown" : "");
  const isSideShown = (SIDES as readonly Place[]).includes(place.value) ? "is-shown" : "";
  return (
    <main class="workspace">
      <section
        class={`panel ${isSideShown}`}
        data-place={side.value}
        aria-label={LABELS[side.value][1]}
      >
        {side.value === "files" && <Files vm={vm} />}
        {side.value === "timeline" && <Timeline running={now} />}
        {side.value === "system" && <System running={now} />}
      </section>
      <Splitter
        direction="columns"
        label="Width of the side bar"
        variable="--side"
        value={(_, pixels) => `${Math.round(pixels)}px`}
      />
      <div class="main">
        <section class={`panel ${isShown("editor")}`} data-place="editor" aria-label="Editor">
          <Editor vm={vm} />
        </section>
        <Splitter
          direction="rows"
          label="Height of the editor"
          variable="--split"
          value={(share) => `${(share / (1 - share)).toFixed(3)}fr`}
        />
        <section
          class={`panel ${isShown("terminal")}`}
          data-place="terminal"
          aria-label="Terminals"
        >
          <Terminals vm={vm} isNew={now.isNew} />
        </section>
      </div>
    </main>
  );
}

function BottomBar(): JSX.Element {
  return (
    <nav class="bottom-bar" aria-label="Parts of the page">
      {PLACES.map((name) => {
        const [icon, label] = LABELS[name];
        return (
          <button
            key={name}
            type="button"
            aria-current={place.value === name ? "page" : undefined}
            onClick={() => go(name)}
          >
            <Icon name={icon} size={19} />
            {label}
          </button>
        );
      })}
    </nav>
  );
}
