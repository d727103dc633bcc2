/**
 * Fetches one file of npm's registry as npm itself would: its configured registry, proxy, credentials
 * and cache, with its retries, and with the integrity pinned by the caller. No package is installed
 * and no script runs. Uses npm's own libraries, pacote and @npmcli/config.
 */
import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import Config from "@npmcli/config";
import npmDefinitions from "@npmcli/config/lib/definitions/index.js";
import pacote from "pacote";
import { IsopodError } from "../errors.ts";

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of the tarball, `sha512-...`. Undefined: what the registry says. */
  readonly integrity: string | undefined;
}

/** The tarball's bytes, checked. `onProgress` is told how many have arrived; a retry begins at 0. */
export async function fetchTarball(
  pinned: PinnedPackage,
  onProgress: (received: number) => void = () => {},
): Promise<Buffer> {
  const spec = `${pinned.name}@${pinned.version}`;
  const { integrity } = pinned;
  const options = { ...(await npmOptions()), ...(integrity === undefined ? {} : { integrity }) };
  try {
    return await pacote.tarball.stream(
      spec,
      async (stream) => {
        const pieces: Buffer[] = [];
        let received = 0;
        for await (const piece of stream as AsyncIterable<Buffer>) {
          pieces.push(piece);
          received += piece.length;
          onProgress(received);
        }
        return Buffer.concat(pieces);
      },
      options,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new IsopodError(
      "ERR_NPM_PACKAGE",
      `could not fetch ${spec} from npm: ${reason}\n` +
        "Check the network and `npm config get registry`; a copy in npm's cache is used when there is one.",
      { cause: error },
    );
  }
}

/** What `npm config` says, in the form that npm's libraries take. */
async function npmOptions(): Promise<Record<string, unknown>> {
  const npm = findNpm();
  const config = new Config({
    ...npmDefinitions,
    npmPath: npm.library,
    // npm's global prefix is where its own node stands, not where ours does.
    execPath: npm.node,
    // A copy: loading writes npm_config_ variables into it.
    env: { ...process.env },
    argv: [],
    cwd: process.cwd(),
  });
  await config.load();
  return { ...config.flat, preferOffline: true };
}

/** The npm on PATH; without one, the defaults of a Node that has none. */
function findNpm(): { library: string; node: string } {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const command = join(folder, process.platform === "win32" ? "npm.cmd" : "npm");
    if (folder === "" || folder.endsWith(join("node_modules", ".bin")) || !isExecutable(command)) {
      continue;
    }
    return { library: resolve(dirname(realpathSync(command)), ".."), node: join(folder, "node") };
  }
  return { library: dirname(process.execPath), node: process.execPath };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
