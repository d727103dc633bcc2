/** What this page remembers between visits; a browser that refuses storage costs the memory only. */
import { computed, effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

export const theme = signal<Theme>((remembered("theme") as Theme | undefined) ?? "system");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  remember("theme", theme.value);
});

const system = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(system.matches);
system.addEventListener("change", () => (systemIsDark.value = system.matches));

export const isDark = computed(() =>
  theme.value === "system" ? systemIsDark.value : theme.value === "dark",
);

/** "Ctrl" or what stands for it on this keyboard. */
export const MODIFIER = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

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
