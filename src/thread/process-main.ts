/** What a kernel's own process does: serves its parent, and ends with it. */
import { flushCompileCache } from "node:module";
import { portToParent } from "./process-port.ts";
import { serveKernel } from "./serve-kernel.ts";

/** How long machines may take to commit when nobody is there any more. */
const LEAVE_MS = 5000;

const service = serveKernel(portToParent(), leave);

// However the parent ended, its end of the channel is closed then.
process.on("disconnect", leave);
if (!process.connected) leave();

function leave(): void {
  // A guest in a builtin that looks for nobody's wish keeps its thread, and exit() may wait for that one.
  setTimeout(() => process.kill(process.pid, "SIGKILL"), LEAVE_MS);
  void service.disposeAll().finally(() => {
    flushCompileCache();
    process.exit();
  });
}
