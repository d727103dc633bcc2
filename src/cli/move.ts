/** `isopod move SRC DST` and `isopod copy SRC DST`: machines between servers and directories. */
import { directoryStore } from "../options/directory-store.ts";
import { isMachineName } from "../remote/protocol.ts";
import type { MachinePlace } from "../remote/travel/move.ts";
import { copyMachine, moveMachine } from "../travel.ts";
import { formatBytes } from "./format-bytes.ts";
import { Progress } from "./progress.ts";
import { hostAt, parseAddress } from "./remote.ts";
import { complain } from "./style.ts";
import { UsageError } from "./usage-error.ts";

export interface TravelArguments {
  readonly from: string;
  readonly to: string;
}

/** What a person writes for a place; a name of undefined is that of the other place. */
type NamelessPlace =
  | { readonly host: ReturnType<typeof hostAt>; readonly name: string | undefined }
  | { readonly store: ReturnType<typeof directoryStore>; readonly name: string | undefined };

export async function travel(move: boolean, { from, to }: TravelArguments): Promise<number> {
  const source = parsePlace(from);
  if (source.name === undefined) throw new UsageError(`${from}: which machine? ${SYNTAX}`);
  const target = parsePlace(to);
  const progress = new Progress();
  const what = `${move ? "moving" : "copying"} ${source.name}`;
  const go = move ? moveMachine : copyMachine;
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once("SIGINT", stop);
  try {
    const report = await go(named(source, source.name), named(target, source.name), {
      signal: abort.signal,
      onProgress: ({ bytes, chunks, left }) => {
        // Chunks differ in size: what is left can only be guessed by those that went.
        const total = chunks > 0 ? bytes + Math.round((left * bytes) / chunks) : undefined;
        progress.show(what, bytes, total);
      },
    });
    progress.clear();
    const sent = report.chunks === 0 ? "nothing" : `${formatBytes(report.bytes)}`;
    process.stdout.write(`${report.tree}  ${sent} sent\n`);
    return 0;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    progress.clear();
    complain("interrupted: the machine is where it was, and the same command goes on");
    return INTERRUPTED;
  } finally {
    progress.clear();
    process.off("SIGINT", stop);
  }
}

/** As a shell has it for SIGINT. */
const INTERRUPTED = 130;
const SYNTAX = "A place is DIRECTORY:NAME or http://HOST:PORT/vms/NAME";

function parsePlace(text: string): NamelessPlace {
  if (/^(https?|wss?):\/\//.test(text)) {
    const address = parseAddress(text);
    return { host: hostAt(address), name: address.machine };
  }
  const [, path = "", name] = /^(.+?)(?::([^:/]*))?$/.exec(text) ?? [];
  if (path === "" || (name && !isMachineName(name))) {
    throw new UsageError(`${text} is no place. ${SYNTAX}`);
  }
  return { store: directoryStore(path), name: name || undefined };
}

function named(place: NamelessPlace, otherwise: string): MachinePlace {
  return { ...place, name: place.name ?? otherwise };
}
