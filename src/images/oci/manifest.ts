/**
 * The JSON documents of an OCI image: index, manifest and config, checked when they are read. Documents
 * of Docker's older media types have the same fields.
 *
 * Specification: https://github.com/opencontainers/image-spec
 */
import { type Digest, imageError, isDigest } from "./digest.ts";

export const MediaType = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** Keys of annotations and labels. */
export const Annotation = {
  /** A tag, in the index of a layout. */
  name: "org.opencontainers.image.ref.name",
  created: "org.opencontainers.image.created",
  /** SHA-256 of the table of contents of an eStargz layer. */
  tocDigest: "containerd.io/snapshot/stargz/toc.digest",
  uncompressedSize: "io.containers.estargz.uncompressed-size",
  /** Where that table begins, so that one request fetches it. */
  tocOffset: "dev.isopod.toc.offset",
  /** Digest of everything that the image was built from. */
  inputs: "dev.isopod.inputs",
  /** Digest of the image as its registry has it, whose layers were packed again. */
  repackedFrom: "dev.isopod.repacked-from",
  /** JSON: what the image asks to be allowed. */
  permissions: "dev.isopod.permissions",
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture?: string; readonly os?: string };
}

export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The parts of an image's config that we read or write. */
export interface ConfigDocument {
  readonly created?: string;
  readonly architecture: string;
  readonly os: string;
  readonly config?: {
    readonly User?: string;
    readonly Env?: readonly string[];
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly WorkingDir?: string;
    readonly Labels?: Readonly<Record<string, string>>;
  };
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly Readonly<Record<string, unknown>>[];
}

/** Larger documents are refused before they are read. */
export const DOCUMENT_BYTES_MAX = 4 << 20;
const LAYERS_MAX = 127;
const LAYER_TYPES = new Set<string>([MediaType.layer, MediaType.dockerLayer]);

export function parseIndex(where: string, bytes: Uint8Array): Index {
  const index = parseObject(where, bytes) as unknown as Index;
  checkVersion(where, index);
  const manifests = list(where, "manifests", index.manifests);
  for (const [i, entry] of manifests.entries()) checkDescriptor(where, `manifests[${i}]`, entry);
  return index;
}

export function parseManifest(where: string, bytes: Uint8Array): Manifest {
  const manifest = parseObject(where, bytes) as unknown as Manifest;
  checkVersion(where, manifest);
  checkDescriptor(where, "config", manifest.config);
  const layers = list(where, "layers", manifest.layers);
  if (layers.length > LAYERS_MAX) throw imageError(where, `more than ${LAYERS_MAX} layers`);
  for (const [i, layer] of layers.entries()) {
    checkDescriptor(where, `layers[${i}]`, layer);
    const { mediaType } = layer as Descriptor;
    if (!LAYER_TYPES.has(mediaType)) {
      throw imageError(where, `layers[${i}] is ${mediaType}; only gzip-compressed tar can be read`);
    }
  }
  return manifest;
}

export function parseConfig(where: string, bytes: Uint8Array): ConfigDocument {
  const document = parseObject(where, bytes) as unknown as ConfigDocument;
  const { config = {} } = document;
  if (typeof config !== "object" || config === null) throw imageError(where, "config is no object");
  const texts = (value: unknown) =>
    Array.isArray(value) && value.every((v) => typeof v === "string");
  for (const name of ["Env", "Entrypoint", "Cmd"] as const) {
    const value = config[name];
    // Docker writes null for what is not set.
    if (value !== undefined && value !== null && !texts(value)) {
      throw imageError(where, `config.${name} is no list of strings`);
    }
  }
  return document;
}

export function parseObject(where: string, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw imageError(where, `no JSON: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw imageError(where, "no JSON object");
}

function checkVersion(where: string, { schemaVersion }: { schemaVersion?: unknown }): void {
  if (schemaVersion !== 2) throw imageError(where, `schemaVersion is ${schemaVersion}, expected 2`);
}

function list(where: string, name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw imageError(where, `${name} is no list`);
}

function checkDescriptor(where: string, name: string, value: unknown): void {
  const { mediaType, digest, size, annotations } = (value ?? {}) as Partial<Descriptor>;
  if (typeof mediaType !== "string") throw imageError(where, `${name} has no mediaType`);
  if (!isDigest(digest)) throw imageError(where, `${name} has no sha256 digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw imageError(where, `${name} has no size`);
  }
  if (annotations !== undefined && (typeof annotations !== "object" || annotations === null)) {
    throw imageError(where, `${name}.annotations is no object`);
  }
}
