/**
 * `npm run web`: builds the playground and serves it on this machine. `npm run web -- --dev` serves the
 * sources instead and follows their changes, `-- --build` only builds.
 */
import { resolve } from "node:path";
import { build, createServer, preview } from "vite";
import { buildBrowser } from "./build-browser.ts";

const ROOT = resolve(import.meta.dirname, "..");
const configFile = resolve(ROOT, "web-demo/vite.config.ts");
const [mode, ...others] = process.argv.slice(2);

if (others.length > 0 || (mode !== undefined && mode !== "--dev" && mode !== "--build")) {
  process.stderr.write(
    `npm run web: unknown option ${others[0] ?? mode}; there are --dev and --build\n`,
  );
  process.exit(2);
}

await buildBrowser(resolve(ROOT, "dist/browser"));
if (mode !== "--dev") await build({ configFile, logLevel: "warn" });
if (mode !== "--build") {
  const server =
    mode === "--dev"
      ? await (await createServer({ configFile, logLevel: "warn" })).listen()
      : await preview({ configFile, logLevel: "warn" });
  process.stdout.write(
    `\n  Isopod's playground:  ${server.resolvedUrls?.local[0]}\n  Ctrl-C ends it.\n\n`,
  );
}
