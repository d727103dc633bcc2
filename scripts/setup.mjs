/**
 * Brings a clone to the state in which a command can run, and prints nothing when it is there
 * already. npm runs it before `start`, `test`, `isopod`, `build`, `check` and `bench`.
 *
 * It is plain JavaScript for Node 20 and uses no dependency, because it runs before there is one.
 *
 *     node scripts/setup.mjs          packages only
 *     node scripts/setup.mjs --run    packages, base image, Node's library, dist/
 *     node scripts/setup.mjs --test   the same, and the host programs that tests need
 */

import { requireNode } from "../bin/pinned-node.mjs";
import { buildImage, buildLibrary, buildNodeLibrary } from "./setup/artifacts.mjs";
import { installPackages, linkNode } from "./setup/install.mjs";
import { installTestTools } from "./setup/test-tools.mjs";

const wanted = process.argv[2] ?? "";

try {
  installPackages();
  const node = requireNode();
  linkNode(node);
  if (wanted === "--run" || wanted === "--test") {
    buildImage(node);
    buildNodeLibrary(node);
    buildLibrary(node);
  }
  if (wanted === "--test") installTestTools();
} catch (error) {
  process.stderr.write(`isopod set-up: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
