/* Certificates: what they say of themselves, in Node's words, and whether it is so. */
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "glue.h"

void put_certificate(unsigned char number, X509 *certificate) {
  unsigned char *der = NULL;
  int length = certificate != NULL ? i2d_X509(certificate, &der) : -1;
  if (length > 0) put(number, der, length);
  OPENSSL_free(der);
}

/* PEM or DER. */
X509 *EXPORT(certificate_read)(const void *encoded, int length) {
  ERR_clear_error();
  BIO *bio = BIO_new_mem_buf(encoded, length);
  X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
  if (certificate == NULL) {
    (void)BIO_reset(bio);
    certificate = d2i_X509_bio(bio, NULL);
  }
  BIO_free(bio);
  return certificate;
}

void EXPORT(certificate_free)(X509 *certificate) { X509_free(certificate); }

#define NAME_FLAGS \
  (ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT | \
   XN_FLAG_SEP_MULTILINE | XN_FLAG_FN_SN)
/* Within a list, where what could be taken for its syntax is in quotes. */
#define NAME_IN_LIST_FLAGS \
  ((XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB & ~ASN1_STRFLGS_ESC_CTRL) | ASN1_STRFLGS_UTF8_CONVERT)

static int is_plain(const unsigned char *text, size_t length, int is_utf8) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = text[i];
    if (c == '"' || c == '\\' || c == ',' || c == '\'') return 0;
    if (is_utf8 ? c < ' ' || c == 0x7f : c < ' ' || c > '~') return 0;
  }
  return 1;
}

/* As it stands, or as a JSON string. */
static void print_value(BIO *bio, const unsigned char *text, size_t length, int is_utf8,
                        const char *prefix) {
  int plain = is_plain(text, length, is_utf8);
  if (!plain) BIO_write(bio, "\"", 1);
  if (prefix != NULL) BIO_printf(bio, "%s:", prefix);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = text[i];
    if (!plain && (c == '"' || c == '\\')) {
      BIO_printf(bio, "\\%c", c);
    } else if (plain || (c >= ' ' && c != ',' && (is_utf8 ? c != 0x7f : c <= '~'))) {
      BIO_write(bio, &c, 1);
    } else {
      BIO_printf(bio, "\\u%04x", c);
    }
  }
  if (!plain) BIO_write(bio, "\"", 1);
}

static void print_ip(BIO *bio, const ASN1_OCTET_STRING *ip) {
  const unsigned char *bytes = ASN1_STRING_get0_data(ip);
  int length = ASN1_STRING_length(ip);
  BIO_puts(bio, "IP Address:");
  if (length == 4) {
    BIO_printf(bio, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
  } else if (length == 16) {
    for (int i = 0; i < 16; i += 2) {
      BIO_printf(bio, "%s%X", i > 0 ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
    }
  } else {
    BIO_printf(bio, "<invalid length=%d>", length);
  }
}

static void print_other_name(BIO *bio, const OTHERNAME *other) {
  static const struct {
    int nid;
    const char *name;
  } KNOWN[] = {{NID_id_on_SmtpUTF8Mailbox, "SmtpUTF8Mailbox"},
               {NID_XmppAddr, "XmppAddr"},
               {NID_SRVName, "SRVName"},
               {NID_ms_upn, "UPN"},
               {NID_NAIRealm, "NAIRealm"}};
  int nid = OBJ_obj2nid(other->type_id);
  for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
    int is_service = nid == NID_SRVName;
    int type = other->value->type;
    if (KNOWN[i].nid != nid) continue;
    if (type != (is_service ? V_ASN1_IA5STRING : V_ASN1_UTF8STRING)) continue;
    const ASN1_STRING *text = other->value->value.asn1_string;
    BIO_puts(bio, "othername:");
    print_value(bio, ASN1_STRING_get0_data(text), ASN1_STRING_length(text), !is_service,
                KNOWN[i].name);
    return;
  }
  BIO_puts(bio, "othername:<unsupported>");
}

static void print_ia5(BIO *bio, const char *kind, const ASN1_STRING *text) {
  BIO_puts(bio, kind);
  print_value(bio, ASN1_STRING_get0_data(text), ASN1_STRING_length(text), 0, NULL);
}

static void print_general_name(BIO *bio, const GENERAL_NAME *name) {
  char text[256];
  switch (name->type) {
    case GEN_DNS:
      print_ia5(bio, "DNS:", name->d.dNSName);
      break;
    case GEN_EMAIL:
      print_ia5(bio, "email:", name->d.rfc822Name);
      break;
    case GEN_URI:
      print_ia5(bio, "URI:", name->d.uniformResourceIdentifier);
      break;
    case GEN_DIRNAME: {
      BIO *inner = BIO_new(BIO_s_mem());
      char *data;
      X509_NAME_print_ex(inner, name->d.directoryName, 0, NAME_IN_LIST_FLAGS);
      long length = BIO_get_mem_data(inner, &data);
      BIO_puts(bio, "DirName:");
      print_value(bio, (unsigned char *)data, length, 1, NULL);
      BIO_free(inner);
      break;
    }
    case GEN_IPADD:
      print_ip(bio, name->d.iPAddress);
      break;
    case GEN_RID:
      OBJ_obj2txt(text, sizeof text, name->d.registeredID, 1);
      BIO_printf(bio, "Registered ID:%s", text);
      break;
    case GEN_OTHERNAME:
      print_other_name(bio, name->d.otherName);
      break;
    case GEN_X400:
      BIO_puts(bio, "X400Name:<unsupported>");
      break;
    default:
      BIO_puts(bio, "EdiPartyName:<unsupported>");
  }
}

static void put_names(unsigned char number, X509_NAME *name) {
  for (int i = 0; i < X509_NAME_entry_count(name); i++) {
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
    ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
    int nid = OBJ_obj2nid(object);
    char oid[128];
    unsigned char *value = NULL;
    if (nid == NID_undef) OBJ_obj2txt(oid, sizeof oid, object, 1);
    int length = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(entry));
    put_text(number, nid == NID_undef ? oid : OBJ_nid2sn(nid));
    put(number, value, length > 0 ? length : 0);
    OPENSSL_free(value);
  }
}

static void put_digest(unsigned char number, X509 *certificate, const EVP_MD *digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned length;
  if (X509_digest(certificate, digest, bytes, &length)) put(number, bytes, length);
}

static void put_public_key(X509 *certificate) {
  EVP_PKEY *key = X509_get0_pubkey(certificate);
  unsigned char *der = NULL;
  if (key == NULL) return;
  int bits = EVP_PKEY_get_bits(key), length = i2d_PUBKEY(key, &der);
  if (length > 0) put(18, der, length);
  OPENSSL_free(der);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: {
      BIGNUM *n = NULL, *e = NULL;
      if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) &&
          EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e)) {
        char *modulus = BN_bn2hex(n), *exponent = BN_bn2hex(e);
        put_text(12, modulus);
        put_text(13, exponent);
        put(14, &bits, sizeof bits);
        OPENSSL_free(modulus);
        OPENSSL_free(exponent);
      }
      BN_free(n);
      BN_free(e);
      break;
    }
    case EVP_PKEY_EC: {
      char group[64];
      size_t size;
      unsigned char *point = NULL;
      if (!EVP_PKEY_get_group_name(key, group, sizeof group, &size)) break;
      int nid = OBJ_txt2nid(group);
      size = EVP_PKEY_get1_encoded_public_key(key, &point);
      put(14, &bits, sizeof bits);
      if (size > 0) put(15, point, size);
      OPENSSL_free(point);
      if (nid != NID_undef) put_text(16, OBJ_nid2sn(nid));
      if (EC_curve_nid2nist(nid) != NULL) put_text(17, EC_curve_nid2nist(nid));
    }
  }
}

static void put_extensions(X509 *certificate, BIO *bio) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    if (i > 0) BIO_puts(bio, ", ");
    print_general_name(bio, sk_GENERAL_NAME_value(names, i));
  }
  if (names != NULL) put_bio(2, bio);
  GENERAL_NAMES_free(names);
  AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
    ACCESS_DESCRIPTION *description = sk_ACCESS_DESCRIPTION_value(access, i);
    if (i > 0) BIO_puts(bio, "\n");
    i2a_ASN1_OBJECT(bio, description->method);
    BIO_puts(bio, " - ");
    print_general_name(bio, description->location);
  }
  if (access != NULL) put_bio(4, bio);
  AUTHORITY_INFO_ACCESS_free(access);
  EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
    char oid[256];
    int length = OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usages, i), 1);
    if (length >= 0) put_text(22, oid);
  }
  EXTENDED_KEY_USAGE_free(usages);
}

/* Everything that it says of itself. */
void EXPORT(certificate_describe)(X509 *certificate) {
  BIO *bio = BIO_new(BIO_s_mem());
  X509_NAME *subject = X509_get_subject_name(certificate);
  X509_NAME *issuer = X509_get_issuer_name(certificate);
  clear();
  if (X509_NAME_print_ex(bio, subject, 0, NAME_FLAGS) > 0) put_bio(1, bio);
  if (X509_NAME_print_ex(bio, issuer, 0, NAME_FLAGS) > 0) put_bio(3, bio);
  (void)BIO_reset(bio);
  ASN1_TIME_print(bio, X509_get0_notBefore(certificate));
  put_bio(5, bio);
  ASN1_TIME_print(bio, X509_get0_notAfter(certificate));
  put_bio(6, bio);
  BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
  char *serial = number != NULL ? BN_bn2hex(number) : NULL;
  if (serial != NULL) put_text(7, serial);
  OPENSSL_free(serial);
  BN_free(number);
  put_certificate(8, certificate);
  if (X509_check_ca(certificate) == 1) put(9, NULL, 0);
  put_names(10, subject);
  put_names(11, issuer);
  put_public_key(certificate);
  put_digest(19, certificate, EVP_sha1());
  put_digest(20, certificate, EVP_sha256());
  put_digest(21, certificate, EVP_sha512());
  put_extensions(certificate, bio);
  PEM_write_bio_X509(bio, certificate);
  put_bio(23, bio);
  BIO_free(bio);
  ERR_clear_error();
}

/* 1 with the name that matched, 0, or less for a name that is none. */
int EXPORT(certificate_check_host)(X509 *certificate, const char *name, size_t length,
                                   unsigned flags) {
  char *matched = NULL;
  int result = X509_check_host(certificate, name, length, flags, &matched);
  clear();
  if (matched != NULL) put_text(1, matched);
  OPENSSL_free(matched);
  ERR_clear_error();
  return result;
}

int EXPORT(certificate_check_email)(X509 *certificate, const char *email, size_t length,
                                    unsigned flags) {
  return X509_check_email(certificate, email, length, flags);
}

int EXPORT(certificate_check_ip)(X509 *certificate, const char *ip) {
  int result = X509_check_ip_asc(certificate, ip, 0);
  ERR_clear_error();
  return result;
}

int EXPORT(certificate_is_issued_by)(X509 *certificate, X509 *issuer) {
  int result = X509_check_issued(issuer, certificate) == X509_V_OK;
  ERR_clear_error();
  return result;
}

/* `key`: PKCS #8. */
int EXPORT(certificate_has_key)(X509 *certificate, const unsigned char *key, int length) {
  EVP_PKEY *found = d2i_AutoPrivateKey(NULL, &key, length);
  int result = found != NULL && X509_check_private_key(certificate, found) == 1;
  EVP_PKEY_free(found);
  ERR_clear_error();
  return result;
}

/* `key`: SPKI. */
int EXPORT(certificate_verify)(X509 *certificate, const unsigned char *key, int length) {
  EVP_PKEY *found = d2i_PUBKEY(NULL, &key, length);
  int result = found != NULL && X509_verify(certificate, found) == 1;
  EVP_PKEY_free(found);
  ERR_clear_error();
  return result;
}
