/** What is shown instead of a machine: that it starts, that another tab has it, or why it cannot run, or runs no more. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { createMachine } from "../machine-menu.ts";
import { choose, current, keyOf, machines } from "../machines.ts";
import { browser, phase, restart } from "../session.ts";
import { Icon, Logo } from "./icons.tsx";

const SLOW_MS = 4000;

export function Start(): JSX.Element {
  const now = phase.value;
  if (now.kind === "failed") return <Failed reason={now.reason} />;
  if (now.kind === "stopped") return <Stopped reason={now.reason} />;
  if (now.kind === "busy") return <Busy freed={now.freed} />;
  return <Starting step={now.kind === "starting" ? now.step : ""} />;
}

function Starting({ step }: { step: string }): JSX.Element {
  const isSlow = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (isSlow.value = true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main class="start is-starting" aria-busy="true">
      <Logo size={56} />
      <span>{step}</span>
      <div class="bar" />
      <small>
        {isSlow.value && "The first visit fetches about a megabyte; later ones do not."}
      </small>
    </main>
  );
}

function Busy({ freed }: { freed: Promise<void> }): JSX.Element {
  const isFree = useSignal(false);
  useEffect(() => {
    let isOver = false;
    void freed.then(() => {
      if (!isOver) isFree.value = true;
    });
    return () => {
      isOver = true;
    };
  }, [freed]);
  const { label } = current.value;
  return (
    <Message title={isFree.value ? `${label} is free again` : `${label} is open in another tab`}>
      <p>
        {isFree.value
          ? "The other tab let go of it."
          : "Only one tab at a time can write its files. Close it there, or use another machine here."}
      </p>
      <div class="choices">
        <button
          type="button"
          class="button primary"
          disabled={!isFree.value}
          onClick={() => restart()}
        >
          Open here
        </button>
        <Others />
      </div>
    </Message>
  );
}

function Failed({ reason }: { reason: Error }): JSX.Element {
  const { missing, machines: canRun } = browser;
  return (
    <Message title={`${current.value.label} did not start`}>
      <p class="reason">{reason.message}</p>
      {!canRun && (
        <dl class="missing">
          {missing.map(({ name, needed }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{needed}</dd>
            </div>
          ))}
        </dl>
      )}
      <div class="choices">
        <button type="button" class="button primary" onClick={() => restart()}>
          Try again
        </button>
        <Others />
      </div>
    </Message>
  );
}

function Stopped({ reason }: { reason: Error }): JSX.Element {
  return (
    <Message title={`${current.value.label} stopped`}>
      <p>
        {browser.storage
          ? "Its programs are gone. Its files are there when it is started again, as they were last saved."
          : "Its programs and files are gone: this browser keeps none."}
      </p>
      <p class="reason">{reason.message}</p>
      <div class="choices">
        <button type="button" class="button primary" onClick={() => restart()}>
          Start again
        </button>
        <Others />
      </div>
    </Message>
  );
}

/** The machines that could be opened instead. */
function Others(): JSX.Element {
  const others = machines.value.filter((entry) => keyOf(entry) !== keyOf(current.value));
  return (
    <>
      {others.slice(0, 4).map((entry) => (
        <button key={keyOf(entry)} type="button" class="button" onClick={() => choose(entry)}>
          <Icon name={entry.server ? "remote" : "machine"} size={14} /> {entry.label}
        </button>
      ))}
      <button type="button" class="button" onClick={() => void createMachine()}>
        <Icon name="plus" size={14} /> New machine
      </button>
    </>
  );
}

function Message(props: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <main class="start">
      <Logo size={56} />
      <div class="message" role="alert">
        <h2>{props.title}</h2>
        {props.children}
      </div>
    </main>
  );
}
