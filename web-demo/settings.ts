/** What this page remembers between visits; a browser that refuses storage costs the memory only. */
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

export const theme = signal<Theme>((remembered("theme") as Theme | undefined) ?? "system");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  remember("theme", theme.value);
});

export function isDark(): boolean {
  if (theme.value !== "system") return theme.value === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(`isopod.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`isopod.${name}`);
    else localStorage.setItem(`isopod.${name}`, value);
  } catch {
    // Private windows may refuse.
  }
}
