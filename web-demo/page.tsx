/** What is seen of the playground, apart from the script that boots the machine. */
import { render } from "preact";
import { listenForShortcuts } from "./shortcuts.ts";
import { App } from "./ui/app.tsx";
import { followKeyboard } from "./ui/keyboard.ts";

listenForShortcuts();
followKeyboard();
render(<App />, document.getElementById("app") as HTMLElement);
