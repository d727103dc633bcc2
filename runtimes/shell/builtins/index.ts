/** Every builtin, by name. */
import type { Builtin } from "../builtin.ts";
import { aliasBuiltins } from "./aliases.ts";
import { bindBuiltins } from "./bind.ts";
import { commandBuiltins } from "./commands.ts";
import { completeBuiltins } from "./complete.ts";
import { constantBuiltins } from "./constants.ts";
import { declareBuiltins } from "./declare.ts";
import { directoryBuiltins } from "./directories.ts";
import { directoryStackBuiltins } from "./directory-stack.ts";
import { executionBuiltins } from "./execution.ts";
import { fileModeBuiltins } from "./file-mode.ts";
import { fixCommandBuiltins } from "./fix-command.ts";
import { flowBuiltins } from "./flow.ts";
import { helpBuiltins, withHelp } from "./help.ts";
import { historyBuiltins } from "./history.ts";
import { inspectionBuiltins } from "./inspection.ts";
import { jobControlBuiltins } from "./job-control.ts";
import { jobBuiltins } from "./jobs.ts";
import { killBuiltins } from "./kill.ts";
import { letBuiltins } from "./let.ts";
import { mapfileBuiltins } from "./mapfile.ts";
import { outputBuiltins } from "./output.ts";
import { positionalBuiltins } from "./positional.ts";
import { processLimitBuiltins } from "./process-limits.ts";
import { readBuiltins } from "./read.ts";
import { setBuiltins } from "./set.ts";
import { shoptBuiltins } from "./shopt.ts";
import { testBuiltins } from "./tests.ts";
import { trapBuiltins } from "./trap.ts";
import { unsetBuiltins } from "./unset.ts";
import { waitBuiltins } from "./wait.ts";

const tables = [
  constantBuiltins,
  outputBuiltins,
  testBuiltins,
  flowBuiltins,
  executionBuiltins,
  trapBuiltins,
  waitBuiltins,
  jobBuiltins,
  jobControlBuiltins,
  killBuiltins,
  aliasBuiltins,
  commandBuiltins,
  directoryBuiltins,
  directoryStackBuiltins,
  fileModeBuiltins,
  inspectionBuiltins,
  letBuiltins,
  positionalBuiltins,
  processLimitBuiltins,
  setBuiltins,
  shoptBuiltins,
  bindBuiltins,
  completeBuiltins,
  declareBuiltins,
  fixCommandBuiltins,
  helpBuiltins,
  historyBuiltins,
  mapfileBuiltins,
  readBuiltins,
  unsetBuiltins,
];

export const builtins: ReadonlyMap<string, Builtin> = new Map(
  tables
    .flatMap((table) => Object.entries(table))
    .map(([name, builtin]) => [name, withHelp(name, builtin)]),
);
