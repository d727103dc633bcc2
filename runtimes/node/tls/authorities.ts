/** Whom a program's TLS trusts: the authorities that Node ships, those of its environment, its own. */
import { AT_FDCWD, KernelError, O_RDONLY } from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";
import { bytesOf, isBytes } from "../text/bytes.ts";
import { bytesOfText } from "../text/encodings.ts";
import { decodeLatin1 } from "../text/units.ts";
import { askLibrary } from "./host-tls.ts";

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END [^-]*-----/g;
/** Where OpenSSL looks on Linux. */
const SYSTEM_FILES = ["/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"];
const FILE_MAX = 16_777_216;

export interface Authorities {
  bundled(): readonly string[];
  /** Of the files that the machine has where OpenSSL looks for them. */
  system(): readonly string[];
  /** Of the file that NODE_EXTRA_CA_CERTS names. */
  extra(): readonly string[];
  /** Those that the program set in place of all others. */
  user(): readonly string[] | undefined;
  reset(certificates: readonly unknown[]): void;
}

export function authoritiesOf(env: Environment): Authorities {
  let bundled: readonly string[] | undefined;
  let extra: readonly string[] | undefined;
  let user: readonly string[] | undefined;
  return {
    bundled() {
      bundled ??= askLibrary(env, "roots") as string[];
      return bundled;
    },
    system() {
      const named = variable(env, "SSL_CERT_FILE");
      return (named ? [named] : SYSTEM_FILES).flatMap((path) => certificatesIn(env, path));
    },
    extra() {
      const path = variable(env, "NODE_EXTRA_CA_CERTS");
      extra ??= path ? certificatesIn(env, path) : [];
      return extra;
    },
    user: () => user,
    reset(certificates) {
      const found = certificates.map((certificate) => {
        const encoded = isBytes(certificate)
          ? bytesOf(certificate)
          : bytesOfText(String(certificate), "utf8");
        return (askLibrary(env, "certificate", encoded) as { pem: string }).pem;
      });
      user = [...new Set(found)];
    },
  };
}

function variable({ envp }: Environment, name: string): string | undefined {
  const found = envp.find((entry) => entry.startsWith(`${name}=`));
  return found?.slice(name.length + 1) || undefined;
}

function certificatesIn({ sys }: Environment, path: string): string[] {
  let fd = -1;
  try {
    fd = sys.openat(AT_FDCWD, path, O_RDONLY, 0);
    const size = Math.min(sys.fstat(fd).size, FILE_MAX);
    const text = new Uint8Array(size);
    let at = 0;
    for (let count = -1; at < size && count !== 0; at += count) {
      count = sys.read(fd, text.subarray(at));
    }
    return [...decodeLatin1(text, 0, at).matchAll(CERTIFICATE)].map(([block]) => `${block}\n`);
  } catch (reason) {
    if (reason instanceof KernelError) return [];
    throw reason;
  } finally {
    if (fd >= 0) sys.close(fd);
  }
}
