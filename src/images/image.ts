/** An image, opened: what the kernel reads from, and what machines on it begin with. */
import type { ImageSource } from "../../kernel/vfs/image-source.ts";
import type { Digest } from "./oci/digest.ts";

export interface Image {
  /** As it was named. */
  readonly reference: string;
  /** Of the manifest: equal digests are equal images. */
  readonly digest: Digest;
  readonly config: ImageConfig;
  /** One object for all machines of the thread. */
  readonly source: ImageSource;
  /** Bytes of all layers, compressed. */
  readonly size: number;
  close(): void;
}

/** What an image says about machines on it. */
export interface ImageConfig {
  /** A name or number of its /etc/passwd. */
  readonly user: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** What `isopod run` without a command runs, and its arguments that a command replaces. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** All but the permissions. */
  readonly labels: Readonly<Record<string, string>>;
  /** What it asks to be allowed, for whoever makes the machine to grant; nothing is by itself. */
  readonly permissions: Readonly<Record<string, unknown>>;
}
