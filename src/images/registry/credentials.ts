/**
 * Who one is at a registry, as Docker's tools keep it: config.json in DOCKER_CONFIG or ~/.docker, with
 * the credentials in it or with a helper program.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { IsopodError } from "../../errors.ts";

export type Credentials =
  | { readonly user: string; readonly password: string }
  /** A token that stands for the user at the registry's token service. */
  | { readonly identityToken: string };

export type FindCredentials = (host: string) => Promise<Credentials | undefined>;

interface DockerConfig {
  readonly auths?: Readonly<Record<string, DockerAuth>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface DockerAuth {
  readonly auth?: string;
  readonly identitytoken?: string;
}

const HELPER_TIMEOUT_MS = 30_000;

/** For `host` as references have it. */
export async function dockerCredentials(host: string): Promise<Credentials | undefined> {
  const folder = process.env["DOCKER_CONFIG"] || join(homedir(), ".docker");
  const path = join(folder, "config.json");
  const config = await readConfig(path);
  if (!config) return undefined;
  const names = namesOf(host);
  const helper = names.map((name) => config.credHelpers?.[name]).find(Boolean) ?? config.credsStore;
  if (helper !== undefined) {
    for (const name of names) {
      const found = await askHelper(helper, name);
      if (found) return found;
    }
  }
  for (const name of names) {
    const found = fromAuth(path, config.auths?.[name]);
    if (found) return found;
  }
  return undefined;
}

/** The names that a host has been known by in that file. */
function namesOf(host: string): string[] {
  if (host === "docker.io") return ["https://index.docker.io/v1/", "docker.io"];
  return [host, `https://${host}`, `http://${host}`, `https://${host}/v1/`];
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw refused(path, (error as Error).message);
  }
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === "object" && config !== null) return config;
  } catch {
    // Told below; the text itself may hold secrets.
  }
  throw refused(path, "no JSON object");
}

function fromAuth(path: string, entry: DockerAuth | undefined): Credentials | undefined {
  if (entry?.identitytoken) return { identityToken: entry.identitytoken };
  if (!entry?.auth) return undefined;
  const [, user, password] = /^([^:]+):(.*)$/s.exec(atobText(entry.auth)) ?? [];
  if (user === undefined || password === undefined)
    throw refused(path, "an auth entry is no user:password in base64");
  return { user, password };
}

function atobText(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** https://github.com/docker/docker-credential-helpers */
async function askHelper(helper: string, server: string): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw refused(helper, "is no name of a credential helper");
  const program = `docker-credential-${helper}`;
  const answer = await new Promise<string | undefined>((resolve, reject) => {
    const options = { timeout: HELPER_TIMEOUT_MS };
    const child = execFile(program, ["get"], options, (error, stdout) => {
      if (!error) resolve(stdout);
      else if (/credentials not found/.test(stdout)) resolve(undefined);
      else reject(refused(program, stdout.trim() || error.message));
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(`${server}\n`);
  });
  if (answer === undefined) return undefined;
  const { Username, Secret } = JSON.parse(answer) as { Username?: string; Secret?: string };
  if (!Username || !Secret) return undefined;
  return Username === "<token>" ? { identityToken: Secret } : { user: Username, password: Secret };
}

function refused(where: string, what: string): IsopodError {
  return new IsopodError("ERR_REGISTRY_AUTH", `${where}: ${what}`);
}
