#!/bin/sh
# Makes openssl.wasm, beside itself, of OpenSSL's source and the files in glue/; says its SHA-256, which README.md
# has, and tests/src/platforms/tls/openssl.test.ts holds. On Debian 12, with clang, lld, llvm, wasi-libc, binaryen and
# libclang-rt-14-dev-wasm32 of its packages (14.0.6, 0.0~git20220510, 108), it is the same to the last bit.
set -eu

VERSION=3.5.7
SHA256=a8c0d28a529ca480f9f36cf5792e2cd21984552a3c8e4aa11a24aa31aeac98e8
SOURCE=http://deb.debian.org/debian-security/pool/updates/main/o/openssl/openssl_$VERSION.orig.tar.gz

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
curl -sSfL -o source.tar.gz "$SOURCE"
echo "$SHA256  source.tar.gz" | sha256sum -c -
tar xf source.tar.gz
cd "openssl-$VERSION"

target="--target=wasm32-wasi --sysroot=/usr -nostdlibinc -isystem /usr/include/wasm32-wasi"
built="-Os -DOPENSSL_NO_FILENAMES -fvisibility=hidden -ffunction-sections -fdata-sections -ffile-prefix-map=$work=."
# The time that is kept in the library.
export SOURCE_DATE_EPOCH=0

# Larger numbers would keep their thread for minutes; algorithms that no TLS of Node's uses are left out.
CC="clang $target" AR=llvm-ar RANLIB=llvm-ranlib CFLAGS="$built" \
  CPPFLAGS="-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_GETPID \
    -DUSE_TIMEGM=1 -DNO_SYSLOG -DHAVE_FORK=0 -DOPENSSL_SMALL_FOOTPRINT \
    -DOPENSSL_DH_MAX_MODULUS_BITS=4096 -DOPENSSL_RSA_MAX_MODULUS_BITS=8192" \
  perl ./Configure linux-generic32 \
  no-apps no-argon2 no-docs no-ml-dsa no-quic no-slh-dsa no-sm2-precomp no-thread-pool \
  no-asm no-async no-egd no-engine no-afalgeng no-dso no-module no-posix-io no-secure-memory no-shared \
  no-sock no-stdio no-threads no-ui-console no-weak-ssl-ciphers no-tests no-deprecated no-legacy \
  no-autoload-config no-makedepend no-ssl3 no-dtls no-srtp no-srp no-aria no-bf no-blake2 no-camellia \
  no-cast no-cmp no-cms no-comp no-ct no-des no-dsa no-ec2m no-gost no-idea no-md2 no-md4 no-mdc2 \
  no-nextprotoneg no-ocb no-rc2 no-rc4 no-rc5 no-rfc3779 no-rmd160 no-scrypt no-seed no-siphash no-siv \
  no-sm2 no-sm3 no-sm4 no-ssl-trace no-ts no-whirlpool no-zlib no-brotli no-zstd --with-rand-seed=none >/dev/null
make -s build_generated
nice make -s -j2 libcrypto.a libssl.a

# The stack lies first, so that what outgrows it traps.
clang $target $built -Wall -Wextra -mexec-model=reactor -nostdlib \
  -I"$here/glue" -Iinclude -I. -Iproviders/implementations/include -Iproviders/common/include \
  /usr/lib/wasm32-wasi/crt1-reactor.o "$here"/glue/*.c libssl.a libcrypto.a -L/usr/lib/wasm32-wasi \
  -lwasi-emulated-getpid -lwasi-emulated-process-clocks -lwasi-emulated-signal -lc \
  /usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi/libclang_rt.builtins-wasm32.a \
  -Wl,--gc-sections,--strip-all,--stack-first,-z,stack-size=262144,--max-memory=536870912 \
  -o openssl.wasm
wasm-opt -Os --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
  openssl.wasm -o "$here/openssl.wasm"
cp LICENSE.txt "$here/LICENSE.txt"
sha256sum "$here/openssl.wasm"
