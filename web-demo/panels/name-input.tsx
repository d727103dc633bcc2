/** A row of the file tree in which a name is typed: Enter takes it, Escape leaves it. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface NameInputProps {
  readonly depth: number;
  readonly name: string;
  /** "": it was left. */
  readonly finish: (name: string) => void;
}

export function NameInput({ depth, name, finish }: NameInputProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  // Before the next key: what is typed after F2 is the name.
  useLayoutEffect(() => {
    const dot = name.lastIndexOf(".");
    input.current?.focus();
    input.current?.setSelectionRange(0, dot > 0 ? dot : name.length);
  }, []);
  return (
    <div class="tree-row" style={{ "--depth": depth }}>
      <span class="twist" />
      <input
        ref={input}
        aria-label="Name"
        autocomplete="off"
        spellcheck={false}
        defaultValue={name}
        onBlur={(event) => finish(event.currentTarget.value.trim())}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") event.currentTarget.value = "";
          if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </div>
  );
}
