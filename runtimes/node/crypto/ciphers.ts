/** The ciphers by OpenSSL's names: what they need, and the stream that each is. */
import {
  type AuthenticatedStream,
  CcmStream,
  chachaPolyStream,
  gcmStream,
} from "./authenticated-modes.ts";
import {
  AesKey,
  BlockStream,
  type CipherStream,
  chachaStream,
  counterStream,
  FeedbackStream,
} from "./cipher-modes.ts";
import { PaddedWrapStream, WrapStream } from "./key-wrap.ts";

import { TripleDesKey, TripleDesWrapStream } from "./triple-des.ts";

export type CipherMode =
  | "ecb"
  | "cbc"
  | "cfb"
  | "cfb8"
  | "ofb"
  | "ctr"
  | "gcm"
  | "ccm"
  | "wrap"
  | "wrap-pad"
  | "des3-ecb"
  | "des3-cbc"
  | "des3-wrap"
  | "chacha20"
  | "chacha20-poly1305";

export interface CipherAlgorithm {
  readonly name: string;
  readonly mode: CipherMode;
  readonly nid: number;
  readonly keyLength: number;
  /** 0 where there is none. */
  readonly ivLength: number;
  readonly blockSize: number;
}

/** Numbers that OpenSSL gives the modes of AES with keys of 128, 192 and 256 bits. */
const NIDS: Readonly<Record<string, readonly [number, number, number]>> = {
  ecb: [418, 422, 426],
  cbc: [419, 423, 427],
  ofb: [420, 424, 428],
  cfb: [421, 425, 429],
  cfb8: [653, 654, 655],
  ctr: [904, 905, 906],
  gcm: [895, 898, 901],
  ccm: [896, 899, 902],
  wrap: [788, 789, 790],
  "wrap-pad": [897, 900, 903],
};
const IV_LENGTHS: Readonly<Record<string, number>> = {
  ecb: 0,
  gcm: 12,
  ccm: 12,
  wrap: 8,
  "wrap-pad": 4,
};
const BLOCK_SIZES: Readonly<Record<string, number>> = {
  ecb: 16,
  cbc: 16,
  wrap: 8,
  "wrap-pad": 8,
};

const ALGORITHMS = new Map<string, CipherAlgorithm>();
const listed: string[] = ["chacha20", "chacha20-poly1305"];
for (const [mode, nids] of Object.entries(NIDS)) {
  [128, 192, 256].forEach((bits, i) => {
    const isNamedById = mode === "gcm" || mode === "ccm" || mode.startsWith("wrap");
    const plain = mode.startsWith("wrap") ? `aes${bits}-${mode}` : `aes-${bits}-${mode}`;
    const id = `id-aes${bits}-${mode === "gcm" || mode === "ccm" ? mode.toUpperCase() : mode}`;
    const algorithm: CipherAlgorithm = {
      name: isNamedById ? id : plain,
      mode: mode as CipherMode,
      nid: nids[i] as number,
      keyLength: bits / 8,
      ivLength: IV_LENGTHS[mode] ?? 16,
      blockSize: BLOCK_SIZES[mode] ?? 1,
    };
    const names = isNamedById ? [plain, id] : [plain];
    if (mode === "cbc") names.push(`aes${bits}`);
    listed.push(...names);
    for (const name of names) ALGORITHMS.set(name.toLowerCase(), algorithm);
  });
}
const CHACHA = { keyLength: 32, blockSize: 1 } as const;
ALGORITHMS.set("chacha20", {
  ...CHACHA,
  name: "chacha20",
  mode: "chacha20",
  nid: 1019,
  ivLength: 16,
});
ALGORITHMS.set("chacha20-poly1305", {
  ...CHACHA,
  name: "chacha20-poly1305",
  mode: "chacha20-poly1305",
  nid: 1018,
  ivLength: 12,
});

const TRIPLE_DES = { keyLength: 24, blockSize: 8 } as const;
const des3: readonly (readonly [names: string[], mode: CipherMode, nid: number, iv: number])[] = [
  [["des-ede3-ecb", "des-ede3"], "des3-ecb", 33, 0],
  [["des-ede3-cbc", "des3"], "des3-cbc", 44, 8],
  [["id-smime-alg-CMS3DESwrap", "des3-wrap"], "des3-wrap", 246, 0],
];
for (const [names, mode, nid, ivLength] of des3) {
  const algorithm = { ...TRIPLE_DES, name: names[0] as string, mode, nid, ivLength };
  listed.push(...names);
  for (const name of names) ALGORITHMS.set(name.toLowerCase(), algorithm);
}

const BY_NID = new Map([...ALGORITHMS.values()].map((algorithm) => [algorithm.nid, algorithm]));

export function cipherAlgorithm(name: string | number): CipherAlgorithm | undefined {
  return typeof name === "number" ? BY_NID.get(name) : ALGORITHMS.get(name.toLowerCase());
}

export function cipherNames(): string[] {
  return [...listed].sort((a, b) => (a < b ? -1 : 1));
}

export function isAuthenticated({ mode }: CipherAlgorithm): boolean {
  return mode === "gcm" || mode === "ccm" || mode === "chacha20-poly1305";
}

export interface CipherParts {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly encrypts: boolean;
  readonly tagLength: number;
  readonly random: (length: number) => Uint8Array;
}

export function cipherStream({ mode }: CipherAlgorithm, parts: CipherParts): CipherStream {
  const { key, iv, encrypts, tagLength } = parts;
  switch (mode) {
    case "ecb":
      return new BlockStream(new AesKey(key), encrypts, undefined);
    case "cbc":
      return new BlockStream(new AesKey(key), encrypts, iv);
    case "ctr":
      return counterStream(new AesKey(key), iv);
    case "cfb":
    case "cfb8":
    case "ofb":
      return new FeedbackStream(new AesKey(key), encrypts, iv, mode);
    case "gcm":
      return gcmStream(new AesKey(key), encrypts, iv);
    case "ccm":
      return new CcmStream(new AesKey(key), encrypts, iv, tagLength);
    case "wrap":
      return new WrapStream(new AesKey(key), encrypts, iv);
    case "wrap-pad":
      return new PaddedWrapStream(key, encrypts);
    case "des3-ecb":
      return new BlockStream(new TripleDesKey(key), encrypts, undefined);
    case "des3-cbc":
      return new BlockStream(new TripleDesKey(key), encrypts, iv);
    case "des3-wrap":
      return new TripleDesWrapStream(new TripleDesKey(key), encrypts, parts.random);
    case "chacha20-poly1305":
      return chachaPolyStream(key, encrypts, iv);
    case "chacha20": {
      const first = new DataView(iv.buffer, iv.byteOffset).getUint32(0, true);
      return chachaStream(key, iv.slice(4), first);
    }
  }
}

export type { AuthenticatedStream };
