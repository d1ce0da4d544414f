/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier: a process, with more for its connections, that hands mails to the relay and has
 * nothing else.
 *
 * It gets envelope and text of each mail by its channel and answers what became of it. It speaks
 * SMTP (smtp.h), and then it can open no file and reach no other port than the relay's; or it calls
 * a sendmail program (sendmail.h).
 */
#ifndef BATCH_COURIER_H
#define BATCH_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/message.h"
#include "base/process.h"
#include "spool/mail.h"
#include "spool/settings.h"

/* It has up to COURIER_DEPTH mails a connection, of which each hands over one. */
enum {
	COURIER_CONNECTIONS_MAX = 64,
	COURIER_DEPTH = 16,
	COURIER_QUEUE_MAX = COURIER_DEPTH * COURIER_CONNECTIONS_MAX
};

/* What became of a mail. */
enum handover {
	HANDOVER_DONE,    /* the relay has it */
	HANDOVER_RETRY,   /* not now */
	HANDOVER_REFUSED, /* never to this address */
	HANDOVER_TROUBLE, /* it is the relay, or how we talk to it: no mail gets further now */
	HANDOVER_LATE,    /* it was not begun in time */
	HANDOVER_COUNT
};

enum courier_message {
	COURIER_ORDERS, /* to the courier, first: which relay */
	COURIER_READY,  /* from it, once it can begin; from each of its connections */
	COURIER_MAIL,
	COURIER_ANSWER
};

/* Which relay, and how. Texts are borrowed from the message that they came in. */
struct orders {
	const char *relay; /* the setting mail.relay */
	int tls;           /* enum mail_tls */
	const char *user;
	const char *password;
	const char *helo;
	int64_t connections;
	int64_t timeout; /* for a mail, in microseconds */
	int ca_fd;       /* certificates in PEM; -1 where none are needed */
};

/* A mail on its way to the courier. */
struct envelope {
	int64_t id;
	int64_t begin_before; /* by clock_elapsed() */
	const char *return_path;
	const char *to;
	const char *text;
};

struct courier {
	struct process process;
	int channel; /* does not block */
};

/* Start one: edelivery-maild --courier. It says COURIER_READY when it is. */
int courier_start(const struct settings *settings, struct courier *ret_courier, struct err *err);
void courier_stop(struct courier *courier);

/* Give it a mail. ERR_BUSY: it does not read just now; ERR_GONE: it has ended. */
int courier_send(struct courier *courier, const struct envelope *envelope, struct err *err);

/* The courier's whole life, in its own process. */
int courier_run(int channel);

/* In the courier: read what courier_send() sent; false: it is none. */
bool courier_read(struct message *message, struct envelope *ret_envelope);

/* In the courier: answer what became of the mail of that id. text may hold anything. */
int courier_answer(
    int channel, int64_t id, enum handover handover, const char *text, struct err *err);

#endif
