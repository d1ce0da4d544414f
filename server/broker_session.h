/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker knows of a session, and the answers to what it asks. */
#ifndef SERVER_BROKER_SESSION_H
#define SERVER_BROKER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/message.h"
#include "server/control.h"
#include "server/hand_in.h"
#include "server/ledger.h"
#include "server/request.h"
#include "server/shelf.h"
#include "server/upload_desk.h"
#include "server/verifier.h"
#include "spool/drop_root.h"
#include "spool/public_key.h"
#include "spool/traffic.h"
#include "spool/view.h"

/* How far a session is; a request is answered only in its phases. */
enum phase {
	PHASE_UNKNOWN = 1 << 0,   /* the zygote has not introduced it */
	PHASE_STRANGER = 1 << 1,  /* not logged in */
	PHASE_LOGGED_IN = 1 << 2, /* nothing asked for yet */
	PHASE_SFTP = 1 << 3,
	PHASE_ARCHIVE = 1 << 5, /* fetches an archive: it asks for nothing more */
	PHASE_ENDING = 1 << 4,  /* told to end: no request is answered */
};

struct broker;

/* A folder being listed. */
struct listing {
	bool is_open;
	struct place folder;
	struct view_cursor cursor;
	bool more;
};

/* A descriptor that the session was handed and may still read. */
struct handed {
	struct handed_key {
		int64_t letter_id; /* an archive's id is negative */
		int64_t area;      /* whose right it took */
	} key;
	int64_t since; /* when it was handed first, of what is to be acknowledged */
	int64_t open;  /* descriptors of it that were handed over, less handles that were closed */
	bool was_sent; /* by a handle that was closed, since what was sent was acknowledged last */
	char avrs_id[AVRS_ID_MAX + 1];
	UT_hash_handle hh;
};

struct broker_session {
	struct broker *broker;
	int64_t number;
	char address[64];
	char client[CLIENT_MAX]; /* from PHASE_SFTP on */
	int channel;
	struct reporter *reporter; /* report_box.c's; NULL: it has no channel for reports */
	struct watch *watch;
	int pidfd;
	enum phase phase;
	struct view view; /* from PHASE_LOGGED_IN on */
	struct upload_desk desk;
	struct listing listings[LISTINGS_MAX];
	int64_t passed_account; /* who has shown what passed says, before the login is done */
	unsigned passed;        /* 1 << AUTH_KEY, 1 << AUTH_PASSWORD */
	int64_t passed_key;     /* the key that was shown, or 0 */
	char how[100];          /* for the event: what was shown so far */
	bool is_waiting;        /* for the verifier's word on this account's password: */
	bool is_nobody;         /* there is no such account */
	struct account claimed;
	struct handed *handed; /* by their keys; in the order in which they were handed */
	unsigned handed_areas; /* 1 << AREA_...: of them there are some */
	char reason[200];      /* why it ended, as it told us */
	int64_t kill_at;       /* in PHASE_ENDING, by clock_elapsed() */
	UT_hash_handle hh;
};

struct packer;     /* packer.c's */
struct report_box; /* report_box.c's */

/* What the answers need of the broker; the rest of it is broker.c's. */
struct broker {
	struct spool spool;
	struct drop_root drop_root; /* of spool */
	const char *settings;       /* their file */
	struct ledger *ledger;
	struct report_box *box;
	struct shelf shelf;
	struct verifier *verifier;
	struct loop *loop;
	int control_fd;
	struct broker_session *sessions;
	struct upload_desk *desks; /* of all sessions that are logged in */
	struct hand_in_cleaning cleaning;
	char today[DATE_SIZE];  /* when rights were looked at last */
	struct traffic traffic; /* counted, and not written down yet */
	struct packer *packers; /* processes */
	bool is_stopping;
	bool must_check; /* they changed, and not every session has been looked at since */
	struct message in;
	struct message out;
};

/*
 * Answer the request in broker->in: fill broker->out behind its kind. Returns 0, or -1 when the
 * request is none that the session may make now, which ends it.
 */
int broker_answer(struct broker_session *session, struct err *err);

/* Count it, by so much, and see that it is written down soon. */
void broker_count(struct broker *broker, enum traffic_kind kind, int64_t more);

/* Tell the listener of that session. */
void broker_tell(const struct broker *broker, enum control what, int64_t number);

/* See that the ledger is committed soon. */
void broker_commit_soon(struct broker *broker);

/* Tell the session to end; it is gone a second later. */
void broker_end_session(struct broker_session *s, const char *reason);

#endif
