/** Scripts must say in a machine what Node 22 said on the host: the same text, streams and exit status. */
import { join } from "node:path";
import { compareScenarios } from "./compare.ts";
import { EXCEPTIONS } from "./exceptions.ts";

compareScenarios(join(import.meta.dirname, "scenarios"), EXCEPTIONS);
