/**
 * The headers that a server of dist/browser sends. Cross-origin isolation gives the page memory that
 * guests and kernel share. The policy of the spawner's script, which its guests inherit, is what confines
 * them: nothing may be fetched, scripts are made from text only, workers from `data:` only.
 * https://html.spec.whatwg.org/#coep and https://www.w3.org/TR/CSP3/
 */
import { SPAWNER } from "./names.ts";

type Headers = Readonly<Record<string, string>>;

const ISOLATION: Headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const CONFINEMENT: Headers = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'unsafe-eval' 'wasm-unsafe-eval'; worker-src data:; webrtc 'block'",
};

/** For the answer to a request of `path`: all files of the page, and one that confines. */
export function headersFor(path: string): Headers {
  const file = path.replace(/[?#].*/, "");
  return file.endsWith(`/${SPAWNER}`) ? { ...ISOLATION, ...CONFINEMENT } : ISOLATION;
}

/** The same as a `_headers` file, as static hosts read it. `folder` is where dist/browser is served. */
export function headersFile(folder: string): string {
  return section("/*", ISOLATION) + section(folder + SPAWNER, CONFINEMENT);
}

function section(path: string, headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
  return `${path}\n${lines.join("")}`;
}
