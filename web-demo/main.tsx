/** The playground: a machine in this tab, with terminals, files and an editor. */
import { render } from "preact";
import { start } from "./session.ts";
import { App } from "./ui/app.tsx";

render(<App />, document.getElementById("app") as HTMLElement);
void start();
