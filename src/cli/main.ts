/** The command `isopod`: reads the command line, does what it says, and ends with the right status. */
import { IsopodError } from "../errors.ts";
import { type Command, parseCommand } from "./arguments.ts";
import { help, version } from "./help.ts";
import { vms } from "./remote.ts";
import { run, shell } from "./run.ts";
import { start } from "./start.ts";
import { complain } from "./style.ts";
import { UsageError } from "./usage-error.ts";

const USAGE_STATUS = 2;
const FAULT_STATUS = 125;

// A reader of our output that goes away is no error of ours.
process.stdout.on("error", ignoreBrokenPipe);
process.stderr.on("error", ignoreBrokenPipe);
process.exit(await statusOf(process.argv.slice(2)));

async function statusOf(args: readonly string[]): Promise<number> {
  try {
    return await perform(parseCommand(args));
  } catch (error) {
    if (error instanceof UsageError) {
      complain(error.message);
      return USAGE_STATUS;
    }
    return explain(error);
  }
}

async function perform(command: Command): Promise<number> {
  switch (command.name) {
    case "help":
      process.stdout.write(help());
      return 0;
    case "version":
      process.stdout.write(`isopod ${version()}\n`);
      return 0;
    case "run":
      return run(command);
    case "shell":
      return shell(command);
    case "start":
      return start(command);
    case "serve":
      return (await import("./serve.ts")).serve(command);
    case "move":
    case "copy":
      return (await import("./move.ts")).travel(command.name === "move", command);
    case "vms":
      return vms(command.host, command.remove);
    case "build":
      return (await import("./images.ts")).build(command);
    case "image":
      return (await import("./images.ts")).image(command);
    case "fsck":
      return (await import("./stores.ts")).fsck(command);
    case "gc":
      return (await import("./stores.ts")).gc(command);
  }
}

/** Errors that a person can act on have a code; the rest are faults of ours and show where they arose. */
function explain(error: unknown): number {
  const { code, message, stack } = error as { code?: unknown } & Error;
  const expected =
    error instanceof IsopodError ? code !== "ERR_INTERNAL" : typeof code === "string";
  complain(expected ? message : (stack ?? String(error)));
  return FAULT_STATUS;
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
