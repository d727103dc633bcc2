/**
 * Blobs from a web server, by range requests: a static folder, a bucket, a registry. What was lost on
 * the way is asked for again, from where it broke off; a server that ignores ranges is read up to the
 * end of the range. Works wherever there is fetch.
 */
import { IsopodError } from "../errors.ts";
import type { BlobSource } from "./blob-source.ts";
import { concat } from "./codec.ts";
import { type Digest, imageError } from "./oci/digest.ts";

export interface HttpBlobsOptions {
  readonly url: (digest: Digest) => string;
  readonly fetch?: FetchLike | undefined;
  readonly patience?: Patience | undefined;
}

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** How long a lost network is waited for. */
export interface Patience {
  /** Attempts that bring nothing; one that brought some bytes begins the count again. */
  readonly attempts: number;
  /** Milliseconds before the second attempt, doubled each time. */
  readonly pause: number;
  /** Milliseconds without a byte after which an attempt is given up. */
  readonly stall: number;
}

const PATIENCE: Patience = { attempts: 5, pause: 250, stall: 20_000 };

export class HttpBlobs implements BlobSource {
  readonly #url: (digest: Digest) => string;
  readonly #fetch: FetchLike;
  readonly #patience: Patience;

  constructor({ url, fetch = globalFetch, patience = PATIENCE }: HttpBlobsOptions) {
    this.#url = url;
    this.#fetch = fetch;
    this.#patience = patience;
  }

  read(digest: Digest, offset: number, length: number): Promise<Uint8Array> {
    const url = this.#url(digest);
    return fetchRange(url, { offset, length }, this.#fetch, this.#patience);
  }
}

/** All of a small document, of a size that nobody told; `max` bytes at most. */
export async function fetchDocument(
  url: string,
  max: number,
  fetch: FetchLike = globalFetch,
  patience: Patience = PATIENCE,
): Promise<Uint8Array> {
  return retried(
    url,
    patience,
    () => undefined,
    async (signal) => {
      const response = await fetch(url, { signal: signal.signal });
      if (response.status !== 200) throw await refusal(url, response);
      return readBounded(url, response, max, signal.alive);
    },
  );
}

/** A body of `max` bytes at most; `alive` is called as it comes. */
export async function readBounded(
  url: string,
  response: Response,
  max: number,
  alive: () => void = () => {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bodyOf(response)) {
    alive();
    size += piece.length;
    if (size > max) throw new Refused(`${url} has more than ${max} bytes`);
    pieces.push(piece);
  }
  return concat(pieces, size);
}

async function fetchRange(
  url: string,
  { offset, length }: { offset: number; length: number },
  fetch: FetchLike,
  patience: Patience,
): Promise<Uint8Array> {
  const whole = new Uint8Array(length);
  if (length === 0) return whole;
  let filled = 0;
  return retried(
    url,
    patience,
    () => filled,
    async (signal) => {
      const from = offset + filled;
      const response = await fetch(url, {
        headers: { Range: `bytes=${from}-${offset + length - 1}` },
        signal: signal.signal,
      });
      if (response.status !== 206 && response.status !== 200) throw await refusal(url, response);
      let skip = response.status === 206 ? from - rangeStart(url, response, from) : from;
      for await (const piece of bodyOf(response)) {
        signal.alive();
        const part = piece.subarray(skip, skip + length - filled);
        skip = Math.max(skip - piece.length, 0);
        whole.set(part, filled);
        filled += part.length;
        if (filled === length) return whole;
      }
      throw new Error(`the answer ended ${length - filled} bytes early`);
    },
  );
}

/** Where the answer begins; it may be before what was asked for, not behind. */
function rangeStart(url: string, response: Response, asked: number): number {
  const header = response.headers.get("content-range");
  const start = Number(/^bytes (\d+)-/.exec(header ?? "")?.[1] ?? Number.NaN);
  // Some servers leave the header away from a page of another origin.
  if (header === null) return asked;
  if (start <= asked) return start;
  throw new Refused(`${url} answered with the range "${header}" instead of bytes ${asked} on`);
}

/** What no further attempt would change. */
export class Refused extends Error {}

export async function refusal(url: string, response: Response, words = ""): Promise<Error> {
  await response.body?.cancel().catch(() => {});
  const said = words === "" ? response.statusText : words;
  const text = `${url} answered ${response.status} ${said}`.trimEnd();
  const passing = response.status >= 500 || response.status === 429 || response.status === 408;
  return passing ? new Error(text) : new Refused(text);
}

interface Attempt {
  readonly signal: AbortSignal;
  /** To be called when bytes arrive. */
  alive(): void;
}

export async function retried<T>(
  url: string,
  { attempts, pause, stall }: Patience,
  progress: () => unknown,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; ) {
    const before = progress();
    const abort = new AbortController();
    const giveUp = () => abort.abort(new Error(`nothing arrived for ${stall / 1000} s`));
    let timer = setTimeout(giveUp, stall);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, stall);
    };
    try {
      return await attempt({ signal: abort.signal, alive });
    } catch (error) {
      failures = progress() === before ? failures + 1 : 1;
      // An error with a code has been put into words already.
      if (error instanceof IsopodError) throw error;
      if (error instanceof Refused || failures >= attempts) throw lost(url, error);
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
    await new Promise((resolve) => setTimeout(resolve, pause * 2 ** (failures - 1)));
  }
}

function lost(url: string, error: unknown): Error {
  if (error instanceof Refused) return imageError("fetch", error.message, error);
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
  return imageError("fetch", `${url}: ${reason}`, error);
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function globalFetch(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init);
}
