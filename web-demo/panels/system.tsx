/** What runs in the machine and what it takes: processes, files, the browser's storage. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ProcessInfo, Vm } from "../../src/browser.ts";
import { attempt } from "../notices.tsx";
import { Icon } from "../ui/icons.tsx";

const LOOK_MS = 1000;

interface Facts {
  readonly processes: readonly ProcessInfo[];
  readonly diskUsed: number;
  readonly diskFree: number;
  readonly storageUsed: number | undefined;
  readonly storageQuota: number | undefined;
}

export function System({ vm }: { vm: Vm }): JSX.Element {
  const facts = useSignal<Facts | undefined>(undefined);
  useEffect(() => {
    const look = async () => {
      if (!document.hidden) facts.value = await factsOf(vm).catch(() => facts.value);
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    void look();
    return () => clearInterval(timer);
  }, [vm]);
  const now = facts.value;
  return (
    <>
      <div class="tabs">
        <strong class="tab-title">System</strong>
      </div>
      <div class="panel-body">
        <section class="section">
          <h3>Processes</h3>
          {now?.processes.map((process) => (
            <div key={process.pid} class="process">
              <span class="pid">{process.pid}</span>
              <span class="command" title={process.argv.join(" ")}>
                {process.argv.join(" ") || process.command}
              </span>
              <button
                type="button"
                class="tab-close"
                title={`End ${process.pid}`}
                aria-label={`End process ${process.pid}`}
                onClick={() =>
                  void attempt(`Cannot end ${process.pid}`, () => vm.kill(process.pid, "SIGKILL"))
                }
              >
                <Icon name="stop" size={11} />
              </button>
            </div>
          ))}
        </section>
        {now && (
          <section class="section">
            <h3>Files of the machine</h3>
            <Meter label="Files" used={now.diskUsed} all={now.diskUsed + now.diskFree} />
            <dl class="facts">
              <dt>Used</dt>
              <dd>{bytes(now.diskUsed)}</dd>
              <dt>Free</dt>
              <dd>{bytes(now.diskFree)}</dd>
            </dl>
          </section>
        )}
        {now?.storageQuota !== undefined && (
          <section class="section">
            <h3>Storage of this browser</h3>
            <Meter label="Storage" used={now.storageUsed ?? 0} all={now.storageQuota} />
            <dl class="facts">
              <dt>Used by this site</dt>
              <dd>{bytes(now.storageUsed ?? 0)}</dd>
              <dt>May be used</dt>
              <dd>{bytes(now.storageQuota)}</dd>
              <dt>Isolated</dt>
              <dd>{crossOriginIsolated ? "yes" : "no: programs share one thread"}</dd>
            </dl>
          </section>
        )}
      </div>
    </>
  );
}

function Meter({ label, used, all }: { label: string; used: number; all: number }): JSX.Element {
  return <meter class="meter" aria-label={label} value={used} max={Math.max(all, 1)} />;
}

async function factsOf(vm: Vm): Promise<Facts> {
  const [processes, disk, storage] = await Promise.all([
    vm.processes(),
    vm.fs.statfs("/"),
    navigator.storage?.estimate?.(),
  ]);
  return {
    processes,
    diskUsed: (disk.blocks - disk.bfree) * disk.bsize,
    diskFree: disk.bfree * disk.bsize,
    storageUsed: storage?.usage,
    storageQuota: storage?.quota,
  };
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  const value = count / 1024 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${UNITS[power]}`;
}
