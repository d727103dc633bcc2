/** The playground: a machine in this tab, with terminals, files and an editor. */
import { render } from "preact";
import { start } from "./session.ts";
import { listenForShortcuts } from "./shortcuts.ts";
import { App } from "./ui/app.tsx";
import { followKeyboard } from "./ui/keyboard.ts";

start();
listenForShortcuts();
followKeyboard();
render(<App />, document.getElementById("app") as HTMLElement);
