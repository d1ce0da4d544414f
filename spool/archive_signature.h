/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detached CMS signatures (RFC 5652, DER) of night archives, by the agency's certificate: anybody
 * verifies them with `openssl cms -verify`.
 */
#ifndef SPOOL_ARCHIVE_SIGNATURE_H
#define SPOOL_ARCHIVE_SIGNATURE_H

#include "spool/settings.h"

struct archive_signer;

/*
 * The signer of archive.certificate and archive.key; NULL where neither is set. ERR_REFUSED when
 * one of them is missing, cannot be read, or does not go with the other.
 */
int archive_signer_new(
    const struct settings *settings, struct archive_signer **ret_signer, struct err *err);
void archive_signer_free(struct archive_signer *signer);

/* Sign all of content_fd into signature_fd, an empty file; its size. */
int archive_sign(const struct archive_signer *signer, int content_fd, int signature_fd,
    int64_t *ret_size, struct err *err);

/*
 * Is it the signature of all of content_fd by archive.certificate? ERR_REFUSED says why not. Whom
 * the certificate is from is not asked: that is for those who get it.
 */
int archive_signature_check(
    const struct settings *settings, int content_fd, int signature_fd, struct err *err);

#endif
