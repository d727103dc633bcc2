/** The crypto binding: a script of its own, compiled when a program first asks for it (lazy.ts). */
import type { Binding, Environment } from "../environment.ts";
import type { KeyReaders } from "../tls/secure-context.ts";
import { certificateClasses } from "./certificate-classes.ts";
import { cipherClasses } from "./cipher-classes.ts";
import { bytesOfInput } from "./context.ts";
import { deriveClasses } from "./derive-classes.ts";
import { dhClasses } from "./dh-classes.ts";
import { hashClasses } from "./hash-classes.ts";
import { keyClasses } from "./key-classes.ts";
import { writePkcs8 } from "./key-der.ts";
import { Format, readPrivateKey } from "./key-text.ts";
import { writePem } from "./pem.ts";
import { readPkcs12 } from "./pkcs12.ts";
import { signClasses } from "./sign-classes.ts";
import { type AskLibrary, x509Classes } from "./x509.ts";

declare const register: (part: CryptoPart) => void;

export interface CryptoPart {
  readonly cryptoBinding: (env: Environment, ask: AskLibrary) => Binding;
}

register({
  cryptoBinding: (env, ask) => ({
    ...CONSTANTS,
    ...hashClasses(env),
    ...deriveClasses(env),
    ...cipherClasses(env),
    ...keyClasses(env),
    ...signClasses(env),
    ...dhClasses(env),
    ...certificateClasses(env),
    ...x509Classes(env, ask),
    /** For contexts of TLS. */
    keyReaders: {
      decrypted: (key, passphrase) => {
        // None is an empty one here, which is the wrong one.
        const password = bytesOfInput(passphrase ?? "");
        const read = readPrivateKey(bytesOfInput(key), Format.Pem, undefined, password);
        return writePem("PRIVATE KEY", writePkcs8(read));
      },
      unbundled: readPkcs12,
    } satisfies KeyReaders,

    getFipsCrypto: () => 0,
    testFipsCrypto: () => false,
    setFipsCrypto(on: number): void {
      if (on) throw new Error("error:0308010C:digital envelope routines::unsupported");
    },
    setEngine: () => false,
    getOpenSSLSecLevelCrypto: () => 1,
  }),
});

const CONSTANTS = {
  kCryptoJobAsync: 0,
  kCryptoJobSync: 1,
  kKeyVariantAES_CTR_128: 0,
  kKeyVariantAES_CTR_192: 1,
  kKeyVariantAES_CTR_256: 2,
  kKeyVariantAES_CBC_128: 3,
  kKeyVariantAES_CBC_192: 4,
  kKeyVariantAES_CBC_256: 5,
  kKeyVariantAES_GCM_128: 6,
  kKeyVariantAES_GCM_192: 7,
  kKeyVariantAES_GCM_256: 8,
  kKeyVariantAES_KW_128: 9,
  kKeyVariantAES_KW_192: 10,
  kKeyVariantAES_KW_256: 11,
  kWebCryptoCipherEncrypt: 0,
  kWebCryptoCipherDecrypt: 1,
  OPENSSL_EC_NAMED_CURVE: 1,
  OPENSSL_EC_EXPLICIT_CURVE: 0,
  kWebCryptoKeyFormatRaw: 0,
  kWebCryptoKeyFormatPKCS8: 1,
  kWebCryptoKeyFormatSPKI: 2,
  kWebCryptoKeyFormatJWK: 3,
  EVP_PKEY_ED25519: 1087,
  EVP_PKEY_ED448: 1088,
  EVP_PKEY_X25519: 1034,
  EVP_PKEY_X448: 1035,
  kKeyEncodingPKCS1: 0,
  kKeyEncodingPKCS8: 1,
  kKeyEncodingSPKI: 2,
  kKeyEncodingSEC1: 3,
  kKeyFormatDER: 0,
  kKeyFormatPEM: 1,
  kKeyFormatJWK: 2,
  kKeyTypeSecret: 0,
  kKeyTypePublic: 1,
  kKeyTypePrivate: 2,
  kSigEncDER: 0,
  kSigEncP1363: 1,
  kKeyVariantRSA_SSA_PKCS1_v1_5: 0,
  kKeyVariantRSA_PSS: 1,
  kKeyVariantRSA_OAEP: 2,
  kSignJobModeSign: 0,
  kSignJobModeVerify: 1,
  RSA_PKCS1_PSS_PADDING: 6,
  X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT: 1,
  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT: 32,
  X509_CHECK_FLAG_NO_WILDCARDS: 2,
  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS: 4,
  X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS: 8,
  X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS: 16,
};
