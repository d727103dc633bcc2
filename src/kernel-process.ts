/** The script of a kernel in a process of its own (thread/process-thread.ts). */
import { keepCompiled } from "./thread/compile-cache.ts";
import { belongToParent } from "./thread/process-port.ts";

belongToParent();
keepCompiled();
await import("./thread/process-main.ts");
