/**
 * One repository of a registry. What a lost connection has interrupted goes on where it broke off;
 * everything that arrives is checked against the digest that it was asked by.
 *
 * Specification: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { createHash } from "node:crypto";
import { IsopodError } from "../../errors.ts";
import type { BlobSource } from "../blob-source.ts";
import {
  type FetchLike,
  HttpBlobs,
  type Patience,
  Refused,
  readBounded,
  refusal,
  retried,
} from "../http-blobs.ts";
import { checkDigest, type Digest, isDigest } from "../oci/digest.ts";
import { type Descriptor, DOCUMENT_BYTES_MAX, MediaType } from "../oci/manifest.ts";
import { authorizedFetch } from "./auth.ts";
import { dockerCredentials, type FindCredentials } from "./credentials.ts";
import { type Reference, registryUrl } from "./reference.ts";

export interface RegistryOptions {
  readonly findCredentials?: FindCredentials | undefined;
  readonly patience?: Patience | undefined;
}

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const ACCEPT = [
  MediaType.manifest,
  MediaType.index,
  MediaType.dockerManifest,
  MediaType.dockerIndex,
].join(", ");
const PATIENCE: Patience = { attempts: 5, pause: 250, stall: 60_000 };
/** A longer explanation of an error is none. */
const WORDS_BYTES_MAX = 16 << 10;
/** Bytes of a blob that are sent at once. */
const PIECE_BYTES = 8 << 20;

export class Registry {
  readonly #base: string;
  readonly #origin: string;
  readonly #fetch: FetchLike;
  readonly #patience: Patience;

  /** `actions` is what will be done there: "pull" or "pull,push". */
  constructor(reference: Reference, actions: string, options: RegistryOptions = {}) {
    const { findCredentials = dockerCredentials, patience = PATIENCE } = options;
    this.#origin = registryUrl(reference);
    this.#base = `${this.#origin}/v2/${reference.name}`;
    this.#patience = patience;
    const scope = `repository:${reference.name}:${actions}`;
    const plain: FetchLike = (url, init) => fetch(url, init);
    this.#fetch = authorizedFetch(plain, this.#origin, scope, () =>
      findCredentials(reference.host),
    );
  }

  /** A manifest or index, by tag or digest. */
  async manifest(name: string): Promise<FetchedManifest> {
    const url = `${this.#base}/manifests/${name}`;
    const { bytes, mediaType, told } = await this.#try(url, async (signal) => {
      const response = await this.#fetch(url, { headers: { accept: ACCEPT }, signal });
      if (response.status === 404) throw noImage(url);
      if (response.status !== 200) throw await this.#refusal(url, response);
      const body = await readBounded(url, response, DOCUMENT_BYTES_MAX);
      const type = response.headers.get("content-type") ?? "";
      const digest = response.headers.get("docker-content-digest");
      return { bytes: body, mediaType: type.split(";")[0]?.trim() ?? "", told: digest };
    });
    const hex = createHash("sha256").update(bytes).digest("hex");
    if (isDigest(name)) checkDigest(url, name, hex);
    if (isDigest(told)) checkDigest(url, told, hex);
    return { bytes, descriptor: { mediaType, digest: `sha256:${hex}`, size: bytes.length } };
  }

  /** Its blobs, by range. */
  blobs(): BlobSource {
    const url = (digest: Digest) => `${this.#base}/blobs/${digest}`;
    return new HttpBlobs({ url, fetch: this.#fetch, patience: this.#patience });
  }

  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const url = `${this.#base}/blobs/${digest}`;
    return this.#try(url, async (signal) => {
      const response = await this.#fetch(url, { method: "HEAD", signal });
      if (response.status === 404) return false;
      if (response.status !== 200) throw await this.#refusal(url, response);
      const length = response.headers.get("content-length");
      return length === null || Number(length) === size;
    });
  }

  /**
   * Sends a blob, piece by piece; `read` gives its bytes. A piece that was lost on the way is sent again
   * from where the registry has it.
   */
  async putBlob(
    { digest, size }: Descriptor,
    read: (offset: number, length: number) => Promise<Uint8Array>,
    onProgress: (sent: number) => void = () => {},
  ): Promise<void> {
    let { location, sent } = await this.#startUpload();
    let lost = 0;
    while (sent < size) {
      const piece = await read(sent, Math.min(PIECE_BYTES, size - sent));
      try {
        ({ location, sent } = await this.#sendPiece(location, piece, sent));
        lost = 0;
      } catch (error) {
        if (error instanceof Refused || ++lost >= this.#patience.attempts) throw failed(error);
        await pause(this.#patience.pause * 2 ** (lost - 1));
        ({ location, sent } = await this.#resume(location));
      }
      onProgress(sent);
    }
    const end = new URL(location);
    end.searchParams.set("digest", digest);
    await this.#try(end.href, async (signal) => {
      const response = await this.#fetch(end.href, { method: "PUT", signal });
      // Where the answer to a first attempt was lost, the upload is gone and the blob is there.
      if (response.status === 404 && (await this.hasBlob({ digest, size, mediaType: "" }))) return;
      if (response.status !== 201) throw await this.#refusal(end.href, response);
      checkTold(end.href, response, digest);
    });
  }

  async putManifest(name: string, mediaType: string, bytes: Uint8Array): Promise<Digest> {
    const url = `${this.#base}/manifests/${name}`;
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    await this.#try(url, async (signal) => {
      const response = await this.#fetch(url, {
        method: "PUT",
        headers: { "content-type": mediaType },
        body: bytes as Uint8Array<ArrayBuffer>,
        signal,
      });
      if (response.status !== 201) throw await this.#refusal(url, response);
      checkTold(url, response, digest);
    });
    return digest;
  }

  #startUpload(): Promise<{ location: string; sent: number }> {
    const url = `${this.#base}/blobs/uploads/`;
    return this.#try(url, async (signal) => {
      const response = await this.#fetch(url, { method: "POST", signal });
      if (response.status !== 202) throw await this.#refusal(url, response);
      return { location: this.#location(url, response), sent: 0 };
    });
  }

  async #sendPiece(
    location: string,
    piece: Uint8Array,
    from: number,
  ): Promise<{ location: string; sent: number }> {
    const response = await this.#fetch(location, {
      method: "PATCH",
      headers: {
        "content-type": "application/octet-stream",
        "content-range": `${from}-${from + piece.length - 1}`,
      },
      body: piece as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(this.#patience.stall),
    });
    // Ours and its count differ: the piece that we think lost has arrived.
    if (response.status === 416) {
      await response.body?.cancel().catch(() => {});
      return this.#resume(location);
    }
    if (response.status !== 202) throw await this.#refusal(location, response);
    return { location: this.#location(location, response), sent: from + piece.length };
  }

  /** How much of an upload has arrived; a new one where the registry has lost it. */
  async #resume(location: string): Promise<{ location: string; sent: number }> {
    const status = await this.#try(location, async (signal) => {
      const response = await this.#fetch(location, { signal });
      if (response.status === 404) return undefined;
      if (response.status !== 204 && response.status !== 202)
        throw await this.#refusal(location, response);
      const end = /-(\d+)$/.exec(response.headers.get("range") ?? "")?.[1];
      // An upload without a byte is told as 0-0 by some, as is one of a single byte: send it again.
      const sent = end === undefined || end === "0" ? undefined : Number(end) + 1;
      return sent === undefined
        ? undefined
        : { location: this.#location(location, response), sent };
    });
    return status ?? this.#startUpload();
  }

  /** Where to go on, as the registry says; what it says may not lead to plain HTTP. */
  #location(url: string, response: Response): string {
    const header = response.headers.get("location");
    const next = new URL(header ?? url, url);
    if (next.protocol === "https:" || next.origin === this.#origin) return next.href;
    throw new Refused(`${url} leads to ${next.origin}, which is not on HTTPS`);
  }

  /** With the registry's own words, where it has some. */
  async #refusal(url: string, response: Response): Promise<Error> {
    const said = await readBounded(url, response.clone(), WORDS_BYTES_MAX).catch(() => undefined);
    const text = new TextDecoder().decode(said);
    const [, message] = /"message"\s*:\s*"([^"]{1,300})"/.exec(text) ?? [];
    return refusal(url, response, message);
  }

  #try<T>(url: string, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return retried(
      url,
      this.#patience,
      () => undefined,
      ({ signal }) => attempt(signal),
    );
  }
}

function noImage(url: string): IsopodError {
  const [, registry, name, tag] = /^\w+:\/\/([^/]+)\/v2\/(.+)\/manifests\/(.+)$/.exec(url) ?? [];
  const mark = isDigest(tag) ? "@" : ":";
  return new IsopodError("ERR_NO_IMAGE", `${registry} has no image ${name}${mark}${tag}`);
}

function checkTold(url: string, response: Response, digest: Digest): void {
  const told = response.headers.get("docker-content-digest");
  if (told === null || told === digest) return;
  throw new Refused(`${url} was stored as ${told}, expected ${digest}`);
}

function failed(error: unknown): IsopodError {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
  return new IsopodError("ERR_IMAGE", `upload: ${reason}`, { cause: error });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
