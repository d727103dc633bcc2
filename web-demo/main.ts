/** The playground: a machine in this tab. It boots while the page around it is still being loaded. */
import { start } from "./session.ts";

start();
void import("./page.tsx");
