/** The keys of the page, in a dialog. */
import type { JSX } from "preact";
import { MODIFIER } from "../settings.ts";
import { helpIsShown, SHORTCUTS } from "../shortcuts.ts";
import { Dialog } from "./dialogs.tsx";

export function Help(): JSX.Element | null {
  if (!helpIsShown.value) return null;
  const close = () => (helpIsShown.value = false);
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={does}>
            <dt>{does}</dt>
            <dd>
              {keys.map((combination) => (
                <span key={combination}>
                  {combination.split(" ").map((key) => (
                    <kbd key={key}>{isSave(combination) && key === "Ctrl" ? MODIFIER : key}</kbd>
                  ))}
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" class="button primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** The editor's own keys go by the platform's modifier; the page's do not. */
function isSave(combination: string): boolean {
  return combination === "Ctrl S" || combination === "Ctrl F";
}
