/* SPDX-License-Identifier: Apache-2.0 */
/* One dropped file on its way through watch, validate, route and post. */
#ifndef BATCH_DROP_H
#define BATCH_DROP_H

#include <limits.h>
#include <sys/stat.h>

#include "batch/arrival.h"
#include "spool/intake.h"
#include "spool/letter_type.h"

/* What is to become of it. Exactly one of these is the end of every look at a file. */
enum verdict {
	VERDICT_NONE, /* not decided yet */
	VERDICT_POST, /* electronic, or to the paper outbox */
	VERDICT_WAIT, /* being written, or changed too lately: an event or a scan comes again */
	VERDICT_HOLD, /* stays where it is, with a record, for the reason of hold */
	VERDICT_QUARANTINE, /* refused */
	VERDICT_DUPLICATE,  /* of letter.id: recorded and removed */
	VERDICT_LEFTOVER,   /* of letter.id, which was taken before: removed */
	VERDICT_GONE,       /* not there any more */
	VERDICT_BATCH,      /* no letter: a batch control file, whole */
};

/* Why a file is held, which says how long. */
enum hold {
	HOLD_UNFINISHED, /* empty or cut off: drop.patience */
	HOLD_UNKNOWN,    /* no such AVRS ID: drop.unknown-hold */
	HOLD_NO_ACCOUNT, /* a trade file that nobody may see yet: as long as it takes */
	HOLD_UNREADABLE, /* until somebody mends its mode */
	HOLD_BATCH,      /* until its batch is complete: as long as it takes */
	HOLD_UNSCANNED,  /* until clamd answers again: as long as it takes */
	HOLD_UNJUDGED,   /* until clamd can judge it, which is tried again now and then */
};

struct drop {
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	char name[NAME_MAX + 1];    /* as dropped */
	char on_disk[NAME_MAX + 1]; /* the same, but for a .<id>.taken that is a new drop */
	int folder_fd;              /* of its drop folder; borrowed */
	int fd;                     /* the file, for reading; -1: it was not opened */
	struct stat st;
	bool leased;  /* nobody has it open for writing, and nobody can without asking */
	bool claimed; /* see claim.h */
	bool doubted; /* see doubt.h */
	enum letter_format format;
	const char *media; /* of FORMAT_MEDIA; borrowed from the letter types */

	enum verdict verdict;
	enum hold hold;
	char reason[REASON_MAX + 1]; /* for people, of any verdict but post */

	int64_t intake_id;     /* of its held row; 0: it has none. Its letter gets the same id */
	struct letter letter;  /* what it is to be, or what it repeats */
	struct member *member; /* of a batch that is being posted; NULL: it goes alone */
	bool adopted;          /* served_fd is the dropped inode itself */
	int served_fd;         /* what is served: fd if adopted, else our copy; -1: neither yet */
	bool moved;            /* it has its final path, and its dropped name no more */
	bool lost;             /* its dropped name was gone, or another file's, before that */
	char temporary[NAME_MAX + 1]; /* of our copy, where it could not be without a name */
	bool is_done_with; /* posted or a repetition, and its dropped name is to be removed */
};

/* Make a drop of an arrival. */
void drop_init(struct drop *drop, const struct arrival *arrival);

/* Close what it has open; a lease ends with it. */
void drop_done(struct drop *drop);

/* Decide. format gives the reason; returns so that deciding can end a function. */
void drop_decide(struct drop *drop, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The intake row that says that it is in state now, for its reason. */
void drop_intake(const struct drop *drop, enum intake_state state, struct intake *ret_intake);

/* Queue the file that has name now in the drop's folder: it is to be looked at (again). */
void drop_queue(const struct drop *drop, const char *name, struct arrivals *arrivals);

/* Does somebody want to write to it since it was leased? */
bool drop_is_asked_back(const struct drop *drop);

#endif
