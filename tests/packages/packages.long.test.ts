/** Packages from npm, unmodified, must say in a machine what they say on the host's Node 22. */
import { join } from "node:path";
import { beforeAll } from "vitest";
import { compareScenarios } from "../runtimes/node/differential/compare.ts";
import { PACKAGE_EXCEPTIONS } from "../runtimes/node/differential/exceptions.ts";
import { installPackages } from "./install.ts";

const INSTALLING_MS = 10 * 60_000;
let modules = "";

beforeAll(async () => {
  modules = await installPackages();
}, INSTALLING_MS);

compareScenarios(join(import.meta.dirname, "scenarios"), PACKAGE_EXCEPTIONS, () => modules);
