/** What runs in the machine and what it takes: processes, files, the browser's storage. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ProcessInfo, Vm } from "../../src/browser.ts";
import { attempt, tell } from "../notices.tsx";
import { browser, type Running } from "../session.ts";
import { byteCount } from "../ui/byte-count.ts";
import { Icon } from "../ui/icons.tsx";
import { registerFocus } from "../ui/places.ts";

const LOOK_MS = 1000;

interface Facts {
  readonly processes: readonly ProcessInfo[];
  readonly diskUsed: number;
  readonly diskFree: number;
}

export function System({ running: { vm, entry } }: { running: Running }): JSX.Element {
  const facts = useSignal<Facts | undefined>(undefined);
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const look = async () => {
      if (!document.hidden) facts.value = await factsOf(vm).catch(() => facts.value);
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    void look();
    return () => clearInterval(timer);
  }, [vm]);
  useEffect(() => registerFocus("system", () => body.current?.focus()), []);
  const now = facts.value;
  return (
    <>
      <div class="tabs">
        <strong class="tab-title">System</strong>
      </div>
      <div class="panel-body" ref={body} tabIndex={-1}>
        <Processes vm={vm} processes={now?.processes ?? []} />
        {now && (
          <section class="section">
            <h2>Files in memory</h2>
            <Meter label="Files in memory" used={now.diskUsed} all={now.diskUsed + now.diskFree} />
            <dl class="facts">
              <dt>Used</dt>
              <dd>{byteCount(now.diskUsed)}</dd>
              <dt>Free</dt>
              <dd>{byteCount(now.diskFree)}</dd>
            </dl>
          </section>
        )}
        {entry.server === undefined && browser.storage && <Storage />}
        {entry.server === undefined && <ThisBrowser />}
      </div>
    </>
  );
}

function Processes(props: { vm: Vm; processes: readonly ProcessInfo[] }): JSX.Element {
  const kill = (pid: number) =>
    void attempt(`Cannot end process ${pid}`, () => props.vm.kill(pid, "SIGKILL"));
  return (
    <section class="section">
      <h2>Processes</h2>
      <ul class="processes">
        {props.processes.map(({ pid, argv, command, state }) => {
          const line = argv.join(" ") || command;
          return (
            <li key={pid} class="process">
              <span class="pid">{pid}</span>
              <span class="command" title={line}>
                {line}
              </span>
              {state !== "running" && <span class="state">{state}</span>}
              {pid > 1 && (
                <button
                  type="button"
                  class="tab-close"
                  title="End it (SIGKILL)"
                  aria-label={`End process ${pid}, ${command}`}
                  onClick={() => kill(pid)}
                >
                  <Icon name="stop" size={11} />
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Storage(): JSX.Element {
  const used = useSignal(0);
  const quota = useSignal(0);
  const isSafe = useSignal<boolean | undefined>(undefined);
  const isFreeing = useSignal(false);
  const look = async () => {
    const estimate = await navigator.storage.estimate();
    used.value = estimate.usage ?? 0;
    quota.value = estimate.quota ?? 0;
    isSafe.value = await navigator.storage.persisted();
  };
  useEffect(() => {
    const timer = setInterval(() => void look(), 5 * LOOK_MS);
    void look();
    return () => clearInterval(timer);
  }, []);
  const protect = async () => {
    isSafe.value = await navigator.storage.persist();
    if (!isSafe.value) tell("The browser declined", "It decides by how often this page is used.");
  };
  const free = async () => {
    isFreeing.value = true;
    await attempt("Cannot free space", async () => {
      const { deleted, kept, recent } = await (await import("../store.ts")).freeSpace();
      const stay = recent.chunks > 0 ? `; ${byteCount(recent.bytes)} are too young to judge` : "";
      tell(`Freed ${byteCount(deleted.bytes)}`, `${byteCount(kept.bytes)} are in use${stay}`);
      await look();
    });
    isFreeing.value = false;
  };
  return (
    <section class="section">
      <h2>Storage of this browser</h2>
      <Meter label="Storage of this browser" used={used.value} all={quota.value} />
      <dl class="facts">
        <dt>Used by this page</dt>
        <dd>{byteCount(used.value)}</dd>
        <dt>May be used</dt>
        <dd>{byteCount(quota.value)}</dd>
        <dt>When space is short</dt>
        <dd>{isSafe.value ? "kept" : "may be cleared"}</dd>
      </dl>
      <div class="row">
        <button type="button" class="button small" disabled={isFreeing.value} onClick={free}>
          <Icon name="broom" size={14} /> Free space
        </button>
        {isSafe.value === false && (
          <button type="button" class="button small" onClick={protect}>
            Ask to keep it
          </button>
        )}
      </div>
    </section>
  );
}

const ENGINES = {
  workers: "each in a worker of its own",
  inline: "one at a time, in the kernel's thread",
} as const;

function ThisBrowser(): JSX.Element {
  const { commands, isolated, missing } = browser;
  return (
    <section class="section">
      <h2>This browser</h2>
      <dl class="facts">
        <dt>Programs run</dt>
        <dd>{commands ? ENGINES[commands] : "only the shell's own"}</dd>
        <dt>Page isolated</dt>
        <dd>{isolated ? "yes" : "no"}</dd>
      </dl>
      {missing.length > 0 && (
        <dl class="missing">
          {missing.map(({ name, needed }) => (
            <div key={name}>
              <dt>No {name}</dt>
              <dd>{needed}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function Meter({ label, used, all }: { label: string; used: number; all: number }): JSX.Element {
  return <meter class="meter" aria-label={label} value={used} max={Math.max(all, 1)} />;
}

async function factsOf(vm: Vm): Promise<Facts> {
  const [processes, disk] = await Promise.all([vm.processes(), vm.fs.statfs("/")]);
  return {
    processes,
    diskUsed: (disk.blocks - disk.bfree) * disk.bsize,
    diskFree: disk.bfree * disk.bsize,
  };
}
