/** The kernel Worker's script. */
import { keepCompiled } from "./thread/compile-cache.ts";

keepCompiled();
await import("./thread/worker-main.ts");
