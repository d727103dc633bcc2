/** Whom a program's TLS trusts: the authorities that Node ships, those of its environment, its own. */
import { AT_FDCWD, KernelError, O_RDONLY, strerror } from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { bytesOf, isBytes } from "../text/bytes.ts";
import { decodeLatin1 } from "../text/units.ts";
import { answered, askLibrary, TlsObject } from "./host-tls.ts";

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
      extra ??= path ? extraOf(env, path) : [];
      return extra;
    },
    user: () => user,
    reset(certificates) {
      const found = certificates.flatMap((certificate) => {
        const text = isBytes(certificate) ? decodeLatin1(bytesOf(certificate)) : `${certificate}`;
        return [...text.matchAll(CERTIFICATE)].map(([block]) => checked(env, `${block}\n`));
      });
      if (found.length === 0 && certificates.length > 0) {
        const message = "No valid certificates found in the provided array";
        throw codedError(Error, "ERR_CRYPTO_OPERATION_FAILED", message);
      }
      user = [...new Set(found)];
    },
  };
}

/** The certificate, if a context takes it. */
function checked(env: Environment, pem: string): string {
  const context = TlsObject.open(env, "context");
  try {
    answered(context.ask("init", [null, 0, 0]));
    answered(context.ask("setCiphers", ["DEFAULT:@SECLEVEL=0"]));
    answered(context.ask("setCert", [pem]));
  } catch (reason) {
    // The first of OpenSSL's errors is what Node tells here.
    const [first = ""] = (reason as { opensslErrorStack?: string[] }).opensslErrorStack ?? [];
    if (!first.includes("PEM routines::ASN1 lib")) throw reason;
    throw codedError(Error, "ERR_OSSL_PEM_ASN1_LIB", first);
  } finally {
    context.close();
  }
  return pem;
}

function variable({ envp }: Environment, name: string): string | undefined {
  const found = envp.find((entry) => entry.startsWith(`${name}=`));
  return found?.slice(name.length + 1) || undefined;
}

function extraOf(env: Environment, path: string): string[] {
  const found = certificatesIn(env, path, (errno) => {
    const { process } = env as { process: { emitWarning?: (text: string) => void } };
    const reason = `error:8000000${errno}:system library::${strerror(errno)}`;
    process.emitWarning?.(`Ignoring extra certs from \`${path}\`, load failed: ${reason}`);
  });
  return found;
}

function certificatesIn(
  { sys }: Environment,
  path: string,
  failed: (errno: number) => void = () => {},
): string[] {
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
    if (!(reason instanceof KernelError)) throw reason;
    failed(reason.errno);
    return [];
  } finally {
    if (fd >= 0) sys.close(fd);
  }
}
