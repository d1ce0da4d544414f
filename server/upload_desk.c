/* SPDX-License-Identifier: Apache-2.0 */
#include "server/upload_desk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "server/hand_in.h"
#include "spool/provider.h"
#include "spool/right.h"
#include "spool/view_drop.h"

/* A part that was written so lately is still being written by whoever has it. */
#define STILL_WRITTEN (10 * SECOND)

#define READ_ONLY "this tree is read-only"
#define IS_THERE  "a file of that name is there, and nothing in drop/ is overwritten"

void upload_desk_init(struct upload_desk *desk, struct view *view, struct upload_desk **all)
{
	*desk = (struct upload_desk){.view = view, .all = all};
	DL_APPEND(*all, desk);
}

static const struct spool *spool_of(const struct upload_desk *desk)
{
	return desk->view->spool;
}

static void let_go(struct upload_desk *desk, int64_t number)
{
	free(desk->open[number]);
	desk->open[number] = NULL;
}

void upload_desk_done(struct upload_desk *desk)
{
	if (!desk->all)
		return;
	for (int i = 0; i < UPLOADS_MAX; i++) {
		if (desk->open[i])
			hand_in_leave(spool_of(desk), desk->open[i]);
		let_go(desk, i);
	}
	DL_DELETE(*desk->all, desk);
	desk->all = NULL;
}

/* Say no. Returns 0: that is an answer. */
static int rule(struct ruling *ret_ruling, enum answer answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int rule(struct ruling *ret_ruling, enum answer answer, const char *format, ...)
{
	va_list args;

	ret_ruling->answer = answer;
	va_start(args, format);
	(void)vsnprintf(ret_ruling->reason, sizeof(ret_ruling->reason), format, args);
	va_end(args);
	return 0;
}

/* A disk that is full is the client's to know; anything else is our trouble. */
static int rule_error(struct ruling *ret_ruling, const char *what, int error, struct err *err)
{
	errno = error;
	if (error == ENOSPC || error == EDQUOT)
		return rule(ret_ruling, ANSWER_FAILURE, "the disk is full: try again later");
	if (error == ELOOP || error == EXDEV || error == ENOTDIR)
		return rule(ret_ruling, ANSWER_DENIED, "there is no folder but a link or a file");
	return err_sys(err, "%s", what);
}

/*
 * What path is, if the account may drop there: a file, or a folder. *ret_ruling is ANSWER_OK, or
 * why not.
 */
static int find_place(const struct upload_desk *desk, const char *path, bool is_folder,
    struct place *ret_place, struct ruling *ret_ruling, struct err *err)
{
	bool in_drop = strcmp(path, "/drop") == 0 || strncmp(path, "/drop/", 6) == 0;
	char today[DATE_SIZE];
	bool allowed = false;

	*ret_ruling = (struct ruling){.answer = ANSWER_OK};
	*ret_place = (struct place){.kind = PLACE_KIND_COUNT};
	clock_print_date(clock_now(), today);
	if (!in_drop)
		return rule(ret_ruling, ANSWER_DENIED, READ_ONLY);
	if (!right_may_see(&desk->view->account, NULL, AREA_DROP, today))
		return rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	if (!place_parse(path, ret_place) ||
	    ret_place->kind != (is_folder ? PLACE_DROP_FOLDER : PLACE_DROP_FILE))
		return rule(ret_ruling, ANSWER_DENIED,
		    is_folder ? "only folders of AVRS IDs, and trade-files in them, are made here"
		              : "files go into the folder of an AVRS ID, its trade-files, or a "
		                "section of publications; *.batch.csv into drop/");
	if (view_drop_allows(desk->view, ret_place, &allowed, err) < 0)
		return -1;
	if (!allowed)
		return rule(ret_ruling, ANSWER_DENIED, "this account may not drop that");
	return 0;
}

/* The same, for something that is to be there afterwards. */
static int find_new_place(const struct upload_desk *desk, const char *path, bool is_folder,
    struct place *ret_place, struct ruling *ret_ruling, struct err *err)
{
	struct provider provider;
	struct err wrong;
	bool known = true;

	if (find_place(desk, path, is_folder, ret_place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (!is_folder && letter_name_check(ret_place->name, &wrong) < 0)
		return rule(ret_ruling, ANSWER_DENIED, "%.150s", wrong.text);
	if (!is_folder && ret_place->name[0] == '.')
		return rule(
		    ret_ruling, ANSWER_DENIED, "a name that begins with a dot is never delivered");
	if (ret_place->avrs_id[0] &&
	    provider_find(spool_of(desk)->catalog, ret_place->avrs_id, &provider, &known, err) < 0)
		return -1;
	if (!known)
		return rule(
		    ret_ruling, ANSWER_DENIED, "AVRS ID %s is not known", ret_place->avrs_id);
	return 0;
}

/* --- folders */

/* Make one folder in another, as jobs have theirs: the group's, and what is made in it as well. */
static int make_one(int parent, const char *name)
{
	OWNED_FD int fd = -1;
	struct stat st;

	if (mkdirat(parent, name, 0770) < 0)
		return errno == EEXIST ? 0 : -1;
	fd = file_open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0);
	/* The umask is for what is not the group's business. */
	if (fd < 0 || fstat(fd, &st) < 0 || fchmod(fd, (st.st_mode & 07000) | 0770) < 0)
		return -1;
	return fsync(parent);
}

/* Open the folder, and make it and what is above it as needed. Returns -1 with errno. */
static int open_folder(const struct spool *spool, const char *drop, enum letter_class class)
{
	int fd = upload_open_folder(spool->drop_fd, drop, class);
	char path[FOLDER_PATH_MAX];

	if (fd >= 0 || errno != ENOENT)
		return fd;
	folder_drop(drop, class, path);
	for (char *at = path; at;) {
		char *slash = strchr(at, '/');
		OWNED_FD int parent = -1;

		if (at > path)
			at[-1] = '\0';
		parent = file_open_beneath(
		    spool->drop_fd, at > path ? path : ".", O_RDONLY | O_DIRECTORY, 0);
		if (at > path)
			at[-1] = '/';
		if (slash)
			*slash = '\0';
		if (parent < 0 || make_one(parent, at) < 0)
			return -1;
		if (slash)
			*slash = '/';
		at = slash ? slash + 1 : NULL;
	}
	return upload_open_folder(spool->drop_fd, drop, class);
}

int upload_desk_make_folder(
    struct upload_desk *desk, const char *path, struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int fd = -1;
	struct place place;

	if (find_new_place(desk, path, true, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	fd = upload_open_folder(spool_of(desk)->drop_fd, place.drop, place.class);
	if (fd >= 0)
		return rule(ret_ruling, ANSWER_FAILURE, "the folder is there already");
	fd = open_folder(spool_of(desk), place.drop, place.class);
	if (fd < 0)
		return rule_error(ret_ruling, "make a drop folder", errno, err);
	log_info("login=%s made drop=%s class=%s", desk->view->account.login, place.drop,
	    letter_class_name(place.class));
	return 0;
}

/* --- opening */

/* The desk that has it open, or NULL. */
static struct upload_desk *find_holder(const struct upload_desk *desk, int64_t id)
{
	struct upload_desk *other;

	DL_FOREACH(*desk->all, other)
	for (int i = 0; i < UPLOADS_MAX; i++)
		if (other->open[i] && other->open[i]->id == id)
			return other;
	return NULL;
}

/* One that is held: by a session that is writing, or by one whose connection is gone unnoticed. */
static int rule_held(struct upload_desk *desk, struct upload_desk *holder,
    const struct upload *upload, struct ruling *ret_ruling)
{
	struct stat st;

	if (holder == desk)
		return rule(ret_ruling, ANSWER_FAILURE, "this session has it open already");
	if (upload_is_there(spool_of(desk)->drop_fd, upload, true, &st) &&
	    st.st_mtim.tv_sec * SECOND > clock_now() - STILL_WRITTEN)
		return rule(
		    ret_ruling, ANSWER_FAILURE, "another session of this account is uploading it");
	holder->is_evicted = true;
	return rule(ret_ruling, ANSWER_FAILURE,
	    "another session had it open and is being ended: try again in a few seconds");
}

/* The file of a part that is there, for writing; it has to be what we left. */
static int open_part(int folder_fd, const char *part, unsigned how)
{
	OWNED_FD int fd = file_open_beneath(folder_fd, part, O_WRONLY, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid()) {
		errno = ELOOP;
		return -1;
	}
	if ((how & UPLOAD_EMPTY) && ftruncate(fd, 0) < 0)
		return -1;
	return TAKE_FD(fd);
}

static int create_part(int folder_fd, const char *part)
{
	OWNED_FD int fd = file_open_beneath(folder_fd, part, O_WRONLY | O_CREAT | O_EXCL, 0660);

	/* The umask is for what is not the group's business. */
	if (fd < 0 || fchmod(fd, 0660) < 0)
		return -1;
	return TAKE_FD(fd);
}

static int64_t free_number(const struct upload_desk *desk)
{
	int64_t number = 0;

	while (number < UPLOADS_MAX && desk->open[number])
		number++;
	return number;
}

/* It is open from here on. */
static int take_in(struct upload_desk *desk, const struct upload *upload, int fd,
    struct desk_file *ret_file, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat an upload");
	*ret_file = (struct desk_file){.number = free_number(desk),
	    .most = hand_in_most(&spool_of(desk)->settings, upload),
	    .fd = fd,
	    .entry = {.size = st.st_size,
	        .changed = upload->modified ? upload->modified : upload->changed}};
	text_copy(ret_file->entry.name, upload->name);
	desk->open[ret_file->number] = mem_new(1, sizeof(*upload));
	*desk->open[ret_file->number] = *upload;
	return 0;
}

static int go_on(struct upload_desk *desk, struct upload *upload, unsigned how,
    struct desk_file *ret_file, struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int folder_fd =
	    upload_open_folder(spool_of(desk)->drop_fd, upload->drop, upload->class);
	OWNED_FD int fd = -1;
	char part[NAME_MAX + 1];

	if (how & UPLOAD_EXCLUSIVE)
		return rule(ret_ruling, ANSWER_DENIED,
		    "a part of that file is there: go on with it, or remove it");
	upload_part_name(upload->name, part);
	fd = folder_fd < 0 ? -1 : open_part(folder_fd, part, how);
	if (fd < 0)
		return rule_error(ret_ruling, "open an upload", errno, err);
	upload->state = UPLOAD_OPEN;
	upload->changed = clock_now();
	if (how & UPLOAD_EMPTY)
		upload->modified = 0;
	if (upload_update(spool_of(desk)->catalog, upload, err) < 0 ||
	    take_in(desk, upload, fd, ret_file, err) < 0)
		return -1;
	(void)TAKE_FD(fd);
	return 0;
}

/* The row first: what is on disk without one would be nobody's to remove. */
static int begin(struct upload_desk *desk, const struct place *place, struct desk_file *ret_file,
    struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int folder_fd = open_folder(spool_of(desk), place->drop, place->class);
	OWNED_FD int fd = -1;
	struct upload upload = {.id = 0};
	char part[NAME_MAX + 1];
	int error;

	if (folder_fd < 0)
		return rule_error(ret_ruling, "open a drop folder", errno, err);
	upload_init(&upload, desk->view->account.id, place);
	if (upload_add(spool_of(desk)->catalog, &upload, err) < 0)
		return -1;
	fault_point("upload.added");
	upload_part_name(upload.name, part);
	fd = create_part(folder_fd, part);
	if (fd >= 0 && take_in(desk, &upload, fd, ret_file, err) == 0) {
		(void)TAKE_FD(fd);
		return 0;
	}
	error = fd < 0 ? errno : EIO;
	if (upload_forget(spool_of(desk)->catalog, upload.id, err) < 0)
		return -1;
	if (error == EEXIST)
		return rule(
		    ret_ruling, ANSWER_DENIED, "somebody else is uploading a file of that name");
	return rule_error(ret_ruling, "make an upload", error, err);
}

/* The newest upload of the place, settled if nobody has it; *ret_part: it can be gone on with. */
static int find_upload(struct upload_desk *desk, const struct place *place,
    struct upload *ret_upload, bool *ret_found, bool *ret_part, struct err *err)
{
	const struct spool *spool = spool_of(desk);
	struct stat st;

	*ret_part = false;
	if (upload_find(spool->catalog, desk->view->account.id, place, ret_upload, ret_found, err) <
	    0)
		return -1;
	if (!*ret_found)
		return 0;
	if (ret_upload->state == UPLOAD_OPEN && !find_holder(desk, ret_upload->id) &&
	    hand_in_settle(spool, ret_upload, err) < 0)
		return -1;
	*ret_part = ret_upload->state != UPLOAD_CLOSED &&
	            upload_is_there(spool->drop_fd, ret_upload, true, &st);
	return 0;
}

/* Is anything of that name there? */
static bool is_taken(const struct spool *spool, const struct place *place)
{
	OWNED_FD int fd = upload_open_folder(spool->drop_fd, place->drop, place->class);

	return fd >= 0 && faccessat(fd, place->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Nothing of it is there: may it be begun? It may have been handed in and taken before. */
static int rule_beginning(const struct upload *before, unsigned how, struct ruling *ret_ruling)
{
	bool is_told = before && before->state == UPLOAD_CLOSED &&
	               before->changed + UPLOAD_KEPT >= clock_now();

	if (is_told && (how & UPLOAD_EXCLUSIVE))
		return rule(ret_ruling, ANSWER_DENIED, "a file of that name was handed in lately");
	if (is_told && !(how & UPLOAD_EMPTY))
		return rule(ret_ruling, ANSWER_DENIED,
		    "a file of that name was handed in lately: send the other from its start");
	if (!is_told && !(how & UPLOAD_CREATE))
		return rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	return 0;
}

int upload_desk_open(struct upload_desk *desk, const char *path, unsigned how,
    struct desk_file *ret_file, struct ruling *ret_ruling, struct err *err)
{
	struct upload_desk *holder;
	struct upload upload = {.id = 0};
	struct place place;
	bool found = false;
	bool is_part = false;

	if (find_new_place(desk, path, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (free_number(desk) == UPLOADS_MAX)
		return rule(
		    ret_ruling, ANSWER_FAILURE, "more than %d uploads at a time", UPLOADS_MAX);
	if (find_upload(desk, &place, &upload, &found, &is_part, err) < 0)
		return -1;
	if (is_taken(spool_of(desk), &place))
		return rule(ret_ruling, ANSWER_DENIED, IS_THERE);
	holder = found ? find_holder(desk, upload.id) : NULL;
	if (holder)
		return rule_held(desk, holder, &upload, ret_ruling);
	if (is_part)
		return go_on(desk, &upload, how, ret_file, ret_ruling, err);
	(void)rule_beginning(found ? &upload : NULL, how, ret_ruling);
	return ret_ruling->answer == ANSWER_OK ? begin(desk, &place, ret_file, ret_ruling, err) : 0;
}

int upload_desk_close(struct upload_desk *desk, int64_t number, const char *failure,
    struct ruling *ret_ruling, struct err *err)
{
	struct upload *upload = number >= 0 && number < UPLOADS_MAX ? desk->open[number] : NULL;
	int result = 0;

	*ret_ruling = (struct ruling){.answer = ANSWER_OK};
	if (!upload)
		return rule(ret_ruling, ANSWER_FAILURE, "not an upload of this session");
	if (failure[0]) {
		hand_in_leave(spool_of(desk), upload);
		(void)rule(ret_ruling, ANSWER_FAILURE, "%.190s", failure);
	} else {
		result = hand_in(spool_of(desk), upload, err);
	}
	let_go(desk, number);
	if (result == 0)
		return 0;
	if (err->kind == ERR_CONFLICT || err->kind == ERR_REFUSED)
		return rule(ret_ruling, ANSWER_DENIED, "%.190s", err->text);
	return -1;
}

/* --- what was uploaded */

/* The copy that a desk has of it, which counts for its hand-in; or the one that was found. */
static struct upload *held_copy(struct upload_desk *desk, struct upload *found)
{
	struct upload_desk *holder = find_holder(desk, found->id);

	for (int i = 0; holder && i < UPLOADS_MAX; i++)
		if (holder->open[i] && holder->open[i]->id == found->id)
			return holder->open[i];
	return found;
}

static int set_size(struct upload_desk *desk, const struct upload *upload, int64_t size,
    struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int folder_fd =
	    upload_open_folder(spool_of(desk)->drop_fd, upload->drop, upload->class);
	OWNED_FD int fd = -1;
	char part[NAME_MAX + 1];

	if (upload->state == UPLOAD_CLOSED && size == upload->size)
		return 0;
	if (upload->state == UPLOAD_CLOSED)
		return rule(ret_ruling, ANSWER_DENIED, "it was handed in: its size stays");
	if (size > hand_in_most(&spool_of(desk)->settings, upload))
		return rule(ret_ruling, ANSWER_DENIED, "larger than what is taken");
	upload_part_name(upload->name, part);
	fd = folder_fd < 0 ? -1 : open_part(folder_fd, part, 0);
	if (fd < 0 || ftruncate(fd, size) < 0)
		return rule_error(ret_ruling, "set the size of an upload", errno, err);
	return 0;
}

int upload_desk_set(struct upload_desk *desk, const char *path, const struct upload_change *change,
    struct ruling *ret_ruling, struct err *err)
{
	struct upload *upload;
	struct upload row = {.id = 0};
	struct place place;
	bool found = false;
	bool is_part = false;

	/* Times and modes of folders are set by clients that copy trees; they have none. */
	if (place_parse(path, &place) && place.is_folder)
		return find_place(desk, path, true, &place, ret_ruling, err);
	if (find_place(desk, path, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (find_upload(desk, &place, &row, &found, &is_part, err) < 0)
		return -1;
	if (!found)
		return is_taken(spool_of(desk), &place)
		           ? rule(ret_ruling, ANSWER_DENIED, "not an upload of this account")
		           : rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	upload = held_copy(desk, &row);
	if (change->what & UPLOAD_SET_SIZE &&
	    set_size(desk, upload, change->size, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK || !(change->what & UPLOAD_SET_TIME))
		return 0;
	upload->modified = change->modified;
	return upload_update(spool_of(desk)->catalog, upload, err);
}

/*
 * Nobody has it open, and who wants to has to wait: so it is not being taken just now. Returns a
 * descriptor, which give_back() closes, or -1.
 */
static int grip(int folder_fd, const struct upload *upload)
{
	OWNED_FD int fd = file_open_beneath(folder_fd, upload->name, O_WRONLY, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !upload_is_file(upload, &st))
		return -1;
	/* Where leases do not work files settle before they are taken, and this has to do. */
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN)
		return -1;
	return TAKE_FD(fd);
}

/* Closing what was open for writing makes watchd look at it again, whom the lease kept out. */
static void give_back(int fd)
{
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	(void)close(fd);
}

/* An own upload that can be renamed or removed; not: *ret_ruling says why. */
static int find_own(struct upload_desk *desk, const struct place *place, struct upload *ret_upload,
    struct ruling *ret_ruling, struct err *err)
{
	bool found = false;
	bool is_part = false;

	*ret_ruling = (struct ruling){.answer = ANSWER_OK};
	if (find_upload(desk, place, ret_upload, &found, &is_part, err) < 0)
		return -1;
	if (!found && is_taken(spool_of(desk), place))
		return rule(ret_ruling, ANSWER_DENIED, "not an upload of this account");
	if (!found)
		return rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	if (find_holder(desk, ret_upload->id))
		return rule(ret_ruling, ANSWER_FAILURE, "it is still being uploaded");
	return 0;
}

static int rule_gone(
    const struct spool *spool, const struct upload *upload, struct ruling *ret_ruling)
{
	struct stat st;

	if (upload_is_there(spool->drop_fd, upload, false, &st) && upload_is_file(upload, &st))
		return rule(ret_ruling, ANSWER_FAILURE, "it is being taken just now");
	return rule(ret_ruling, ANSWER_DENIED, "it was taken: STATUS.txt says what became of it");
}

static int move(struct upload_desk *desk, struct upload *upload, const struct place *to,
    struct ruling *ret_ruling, struct err *err)
{
	const struct spool *spool = spool_of(desk);
	OWNED_FD int from_fd = upload_open_folder(spool->drop_fd, upload->drop, upload->class);
	OWNED_FD int to_fd = open_folder(spool, to->drop, to->class);
	int gripped;
	int error;

	if (from_fd < 0 || to_fd < 0)
		return rule_error(ret_ruling, "open a drop folder", errno, err);
	gripped = grip(from_fd, upload);
	if (gripped < 0)
		return rule_gone(spool, upload, ret_ruling);
	error = file_rename_new(from_fd, upload->name, to_fd, to->name) < 0 ? errno : 0;
	fault_point("upload.renamed");
	give_back(gripped);
	if (error == EEXIST)
		return rule(ret_ruling, ANSWER_DENIED, IS_THERE);
	if (error)
		return rule_error(ret_ruling, "rename an upload", error, err);
	if (file_sync(to_fd, "a drop folder", err) < 0 ||
	    file_sync(from_fd, "a drop folder", err) < 0)
		return -1;
	text_copy(upload->drop, to->drop);
	upload->class = to->class;
	text_copy(upload->name, to->name);
	return upload_update(spool->catalog, upload, err);
}

int upload_desk_rename(struct upload_desk *desk, const char *from, const char *to,
    struct ruling *ret_ruling, struct err *err)
{
	struct upload upload = {.id = 0};
	struct upload other = {.id = 0};
	struct place place;
	bool found = false;
	bool is_part = false;

	if (find_place(desk, from, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer == ANSWER_OK && find_own(desk, &place, &upload, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (upload.state != UPLOAD_CLOSED)
		return rule(ret_ruling, ANSWER_DENIED, "it was not uploaded to its end");
	if (find_new_place(desk, to, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (upload.size > (place.class == CLASS_TRADE_FILES
	                          ? spool_of(desk)->settings.drop_trade_file_max
	                          : spool_of(desk)->settings.drop_letter_max))
		return rule(ret_ruling, ANSWER_DENIED, "larger than what is taken there");
	if (find_upload(desk, &place, &other, &found, &is_part, err) < 0)
		return -1;
	if (is_part)
		return rule(ret_ruling, ANSWER_DENIED, "a part of a file of that name is there");
	return move(desk, &upload, &place, ret_ruling, err);
}

/* Take its name away; 0, -1 with errno, or 1: it is not ours to remove any more. */
static int unlink_upload(int folder_fd, const struct upload *upload, bool is_part)
{
	char part[NAME_MAX + 1];
	int gripped;
	int result;

	if (is_part) {
		upload_part_name(upload->name, part);
		return unlinkat(folder_fd, part, 0);
	}
	gripped = grip(folder_fd, upload);
	if (gripped < 0)
		return 1;
	result = unlinkat(folder_fd, upload->name, 0);
	give_back(gripped);
	return result;
}

int upload_desk_remove(
    struct upload_desk *desk, const struct place *place, struct ruling *ret_ruling, struct err *err)
{
	const struct spool *spool = spool_of(desk);
	OWNED_FD int folder_fd = -1;
	char name[ACTOR_MAX];
	struct actor actor = actor_of_account(spool->actor.node, &desk->view->account, name);
	struct upload upload = {.id = 0};
	int result;

	if (find_own(desk, place, &upload, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	folder_fd = upload_open_folder(spool->drop_fd, upload.drop, upload.class);
	if (folder_fd < 0)
		return rule_error(ret_ruling, "open a drop folder", errno, err);
	result = unlink_upload(folder_fd, &upload, upload.state != UPLOAD_CLOSED);
	if (result > 0)
		return rule_gone(spool, &upload, ret_ruling);
	if (result < 0 && errno != ENOENT)
		return rule_error(ret_ruling, "remove an upload", errno, err);
	fault_point("upload.unlinked");
	upload.state = UPLOAD_REMOVED;
	upload.changed = clock_now();
	if (file_sync(folder_fd, "a drop folder", err) < 0 ||
	    upload_update_as(spool->catalog, &actor, desk->view->account.login, &upload,
	        "upload.removed", err) < 0)
		return -1;
	log_info("upload=%" PRId64 " removed login=%s drop=%s reason=\"by its account\"", upload.id,
	    desk->view->account.login, upload.drop);
	return 0;
}

int upload_desk_may_stay(const struct upload_desk *desk, bool *ret_may, struct err *err)
{
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	*ret_may = !desk->is_evicted;
	for (int i = 0; *ret_may && i < UPLOADS_MAX; i++) {
		struct place place = {.kind = PLACE_DROP_FILE, .area = AREA_DROP};
		const struct upload *upload = desk->open[i];

		if (!upload)
			continue;
		place.class = upload->class;
		text_copy(place.name, upload->name);
		if (avrs_id_is_valid(upload->drop))
			text_copy(place.avrs_id, upload->drop);
		if (!right_may_see(&desk->view->account, NULL, AREA_DROP, today))
			*ret_may = false;
		else if (view_drop_allows(desk->view, &place, ret_may, err) < 0)
			return -1;
	}
	return 0;
}
