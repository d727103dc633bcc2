/** The page's questions, one at a time, in a dialog of the browser's: it keeps the focus, Escape cancels. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface Question {
  readonly title: string;
  readonly text?: string;
  readonly fields?: readonly Field[];
  /** What the button says that answers yes. */
  readonly act: string;
  readonly danger?: boolean;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: "text" | "url" | "password";
  readonly value?: string;
  readonly placeholder?: string;
  readonly optional?: boolean;
}

export type Answers = Readonly<Record<string, string>>;

interface Asked extends Question {
  readonly answer: (answers: Answers | undefined) => void;
}

const asked = signal<Asked | undefined>(undefined);

/** What was filled in; undefined where it was cancelled. */
export function ask(question: Question): Promise<Answers | undefined> {
  asked.peek()?.answer(undefined);
  return new Promise((resolve) => {
    const answer = (answers: Answers | undefined) => {
      asked.value = undefined;
      resolve(answers);
    };
    asked.value = { ...question, answer };
  });
}

export async function confirmed(question: Question): Promise<boolean> {
  return (await ask(question)) !== undefined;
}

export function Dialogs(): JSX.Element | null {
  const question = asked.value;
  return question ? <QuestionDialog key={question.title} question={question} /> : null;
}

function QuestionDialog({ question }: { question: Asked }): JSX.Element {
  const { title, text, fields = [], act, danger, answer } = question;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const entries = [...new FormData(event.currentTarget as HTMLFormElement)];
    answer(Object.fromEntries(entries.map(([name, value]) => [name, String(value).trim()])));
  };
  return (
    <Dialog title={title} close={() => answer(undefined)}>
      {text && <p>{text}</p>}
      <form onSubmit={submit}>
        {fields.map((field, index) => (
          <label key={field.name} class="field">
            {field.label}
            <input
              class="input"
              name={field.name}
              // Each type has props of its own, which none of ours are.
              type={(field.type ?? "text") as "text"}
              defaultValue={field.value ?? ""}
              placeholder={field.placeholder ?? ""}
              required={!field.optional}
              autocomplete="off"
              spellcheck={false}
              ref={(input) => {
                if (index === 0) input?.select();
              }}
            />
            {field.hint && <small>{field.hint}</small>}
          </label>
        ))}
        <div class="actions">
          <button type="button" class="button" onClick={() => answer(undefined)}>
            Cancel
          </button>
          <button type="submit" class={`button ${danger ? "danger" : "primary"}`}>
            {act}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: JSX.Element | readonly (JSX.Element | string | undefined | "")[];
}

export function Dialog({ title, close, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current as HTMLDialogElement;
    const before = document.activeElement;
    shown.showModal();
    // Where there is nothing to fill in, Enter does what was asked about.
    shown.querySelector<HTMLElement>("input, [type=submit], .primary")?.focus();
    return () => {
      // While it is open, nothing behind it takes the focus.
      shown.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same, by onCancel
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => {
        // Its own box is padded by its contents: a click on it itself is one beside them.
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="dialog-body">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
