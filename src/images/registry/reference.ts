/**
 * Names of images in registries, as Docker's tools read them: `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`.
 *
 * Specification: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { IsopodError } from "../../errors.ts";
import { type Digest, isDigest } from "../oci/digest.ts";

export interface Reference {
  /** `host` or `host:port`. */
  readonly host: string;
  /** The repository's name at the host. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const HOST = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/;
const NAME_LENGTH = 255;
const DOCKER_HUB = "docker.io";

export function parseReference(text: string): Reference {
  const [whole, digest, ...more] = text.split("@");
  const [, first, rest] = /^([^/]+)\/(.+)$/.exec(whole ?? "") ?? [];
  const hasHost = first !== undefined && (/[.:]/.test(first) || first === "localhost");
  const host = hasHost ? first : DOCKER_HUB;
  const [, path = "", tag] = /^(.*?)(?::([^/:]*))?$/.exec((hasHost ? rest : whole) ?? "") ?? [];
  const name = host === DOCKER_HUB && !path.includes("/") ? `library/${path}` : path;
  const wrong =
    more.length > 0 ||
    !HOST.test(host) ||
    !NAME.test(name) ||
    name.length > NAME_LENGTH ||
    (tag !== undefined && !TAG.test(tag)) ||
    (digest !== undefined && !isDigest(digest));
  if (wrong) {
    throw new IsopodError(
      "ERR_IMAGE_REFERENCE",
      `${JSON.stringify(text)} is no image's name; one looks like registry.example.com/team/tools:1.0`,
    );
  }
  return { host, name, digest, tag: tag ?? (digest === undefined ? "latest" : undefined) };
}

/** Where the registry answers: plain HTTP on this machine only. */
export function registryUrl({ host }: Reference): string {
  const local = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
  const server = host === DOCKER_HUB ? "registry-1.docker.io" : host;
  return `${local ? "http" : "https"}://${server}`;
}
