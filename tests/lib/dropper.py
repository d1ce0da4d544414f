"""Jobs that drop letters, and do everything wrong that jobs do.

Each act is a generator that yields how long it waits for, so that thousands of them go on beside one
another in one process. What an act makes is told to the ledger: a content that only it has, where it
may end, and whether the job itself took it away again.
"""
import errno
import hashlib
import heapq
import os
import sys
import time

POSTED, PAPER, HELD, QUARANTINED, UNFINISHED = "posted", "paper", "held", "quarantined", "unfinished"
PATIENCE = 60  # seconds that an act waits for watchd to take a file away


class Content:
    """Bytes that no other file has, and what is expected of them."""

    def __init__(self, token, data, ends):
        self.token = token
        self.data = data
        self.ends = ends        # the places of which it has to be in exactly one
        self.is_certain = True  # False: the job took it away, or wrote over it, when it was perhaps taken
        self.group = None       # of contents of which at least one is there
        self.repeats = 0        # how many more times it was dropped, after it was taken
        self.avrs_id = self.name = None

    def perhaps(self):
        self.is_certain = False


class Dropper:
    def __init__(self, random, drop, staging, people):
        self.random = random
        self.drop = drop
        self.staging = staging
        self.people = people  # AVRS IDs: 'served', 'printed', 'unknown'; 'moved': their folders are
        self.contents = []
        self.by_hash = {}
        self.count = 0
        self.groups = 0
        self.moving = set()  # AVRS IDs whose folder an act has to itself just now

    # --- contents

    def content(self, ends=(POSTED,), tail=True, more=None):
        """A PDF; tail=False: cut off. more: the content that it continues."""
        self.count += 1
        token = f"token-{self.count}-"
        if more:
            data = more.data + f"% {token}\nstartxref\n0\n%%EOF\n".encode()
        else:
            filler = os.urandom(self.random.choice((10, 10, 10, 200, 200, 3000, 3000, 20000))).hex().encode()
            data = f"%PDF-1.4\n% {token}\n".encode() + filler + b"\n"
            if tail:
                data += b"startxref\n0\n%%EOF\n"
        made = Content(f"{token}{sys._getframe(1).f_code.co_name}", data, ends)
        self.contents.append(made)
        self.by_hash[hashlib.sha256(data).hexdigest()] = made
        return made

    def group(self, *contents):
        self.groups += 1
        for one in contents:
            one.group = self.groups
            one.perhaps()

    # --- folders and names

    def folder(self, avrs_id=None):
        path = f"{self.drop}/{avrs_id or self.random.choice(self.people['served'])}"
        os.makedirs(path, exist_ok=True)
        return path

    def name(self):
        self.count += 1
        return f"{self.random.choice(('EFT', 'ORGMEM', 'PA'))}_{self.count}.pdf"

    def path(self, avrs_id=None):
        return f"{self.folder(avrs_id)}/{self.name()}"

    def staged(self, content):
        self.count += 1
        path = f"{self.staging}/{self.count}"
        write(path, content.data)
        return path

    def moment(self):
        """About as long as watchd needs for something."""
        return self.random.choice((0, 0.0005, 0.002, 0.01, 0.05, 0.2, 1.0)) * self.random.random()

    def until_taken(self, path):
        until = time.monotonic() + PATIENCE
        while os.path.lexists(path) and time.monotonic() < until:
            yield 0.05

    # --- what jobs do

    def plainly(self):
        write(self.path(), self.content().data)
        yield 0

    def renamed_in(self):
        os.rename(self.staged(self.content()), self.path())
        yield 0

    def unfinished_name_first(self):
        path = self.path()
        write(path + ".tmp", self.content().data)
        yield self.moment()
        os.rename(path + ".tmp", path)

    def slowly(self):
        data = self.content().data
        with open(self.path(), "wb", buffering=0) as file:
            for at in range(0, len(data), len(data) // 5 + 1):
                file.write(data[at:at + len(data) // 5 + 1])
                yield self.moment()

    def closed_and_reopened(self):
        data = self.content().data
        path = self.path()
        for at in range(0, len(data), len(data) // 3 + 1):
            with open(path, "ab", buffering=0) as file:
                file.write(data[at:at + len(data) // 3 + 1])
            yield self.moment()

    def killed_half_way(self):
        write(self.path(), self.content(ends=(HELD,), tail=False).data)
        yield 0

    def left_as_unfinished(self):
        write(self.path() + self.random.choice((".tmp", ".part", "~")),
              self.content(ends=(UNFINISHED,)).data)
        yield 0

    def continued_after_it_was_whole(self):
        """Opened again to append: the job is refused, or the longer one is a letter, too."""
        first = self.content()
        path = self.path()
        write(path, first.data)
        yield self.moment()
        self.append(first, lambda: os.open(path, os.O_WRONLY | os.O_APPEND))

    def through_an_old_descriptor(self):
        """Opened for reading before it was taken, and by way of that for writing."""
        first = self.content()
        path = self.path()
        write(path, first.data)
        try:
            old = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # taken in between: on a busy machine a job may be that late
            return
        yield self.moment()
        self.append(first, lambda: os.open(f"/proc/self/fd/{old}", os.O_WRONLY | os.O_APPEND),
                    may_be_removed=True)
        os.close(old)

    def held_open_for_writing(self):
        first = self.content()
        first.perhaps()
        second = self.content(more=first)
        fd = os.open(self.path(), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o660)
        os.write(fd, first.data)
        yield self.moment()
        os.write(fd, second.data[len(first.data):])
        os.close(fd)
        first.ends = ()  # never: it was open for writing all that time
        yield 0

    def append(self, first, open_again, may_be_removed=False):
        try:
            fd = open_again()
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.ENOENT):
                raise
            return
        second = self.content(more=first)
        first.perhaps()
        os.write(fd, second.data[len(first.data):])
        if may_be_removed and os.fstat(fd).st_nlink == 0:
            self.group(first, second)
        os.close(fd)

    def rewritten_in_place(self):
        """cp over it: truncated and written again."""
        first = self.content()
        path = self.path()
        inode = write(path, first.data)
        yield self.moment()
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o660)
        except PermissionError:
            return
        second = self.content()
        if os.fstat(fd).st_ino == inode:
            first.perhaps()
        yield self.moment()
        os.write(fd, second.data)
        os.close(fd)

    def replaced(self):
        """Another one renamed over it, perhaps between hash and link."""
        first, second = self.content(), self.content()
        path = self.path()
        write(path, first.data)
        other = self.staged(second)
        yield self.moment()
        first.perhaps()
        os.rename(other, path)

    def replaced_again_and_again(self):
        path = self.path()
        for last in (False, False, False, True):
            one = self.content()
            if not last:
                one.perhaps()
            os.rename(self.staged(one), path)
            yield self.moment()

    def hard_linked(self):
        one = self.content()
        staged = self.staged(one)
        os.link(staged, self.path())
        yield self.moment()
        os.unlink(staged)

    def written_through_another_link(self):
        first = self.content()
        staged = self.staged(first)
        os.link(staged, self.path())
        yield self.moment()
        second = self.content(more=first)
        self.group(first, second)
        with open(staged, "ab", buffering=0) as file:
            file.write(second.data[len(first.data):])

    def removed_while_it_is_read(self):
        one = self.content()
        path = self.path()
        write(path, one.data)
        yield self.moment()
        try:
            os.unlink(path)
            one.perhaps()
        except FileNotFoundError:
            pass

    def same_name_later(self):
        """The name again, once the first is taken: it gets a number."""
        path = self.path()
        write(path, self.content().data)
        yield from self.until_taken(path)
        if not os.path.lexists(path):
            write(path, self.content().data)

    def repeated(self):
        """The same file again, once the first is taken: recorded as a duplicate."""
        path = self.path()
        one = self.content()
        one.avrs_id, one.name = path.split("/")[-2:]
        write(path, one.data)
        yield from self.until_taken(path)
        if not os.path.lexists(path):
            one.repeats = 1
            write(path, one.data)

    def trade_file(self):
        self.count += 1
        folder = self.folder() + "/trade-files"
        one = self.content()
        one.data = (b"ISA*00*          *00*          *ZZ*CMAP           *ZZ*123456789      *190327*1200*^*"
                    b"00501*%09d*0*P*:~ST*835*0001~SE*2*0001~IEA*0*%09d~" % (self.count, self.count))
        self.by_hash[hashlib.sha256(one.data).hexdigest()] = one
        os.makedirs(folder, exist_ok=True)
        write(f"{folder}/RA_{self.count}.835", one.data)
        yield 0

    def in_a_batch(self):
        """Three letters and their control file, in any order."""
        self.count += 1
        control = f"{self.drop}/batch-{self.count}.batch.csv"
        lines = ["avrs_id,class,name,size,sha256"]
        steps = []
        for _ in range(3):
            one, path = self.content(), self.path()
            avrs_id, name = path.split("/")[-2:]
            lines.append(f"{avrs_id},edelivery,{name},{len(one.data)},"
                         f"{hashlib.sha256(one.data).hexdigest()}")
            steps.append((path, one.data))
        steps.append((control, "\n".join(lines).encode()))
        self.random.shuffle(steps)
        for path, data in steps:
            write(path + ".tmp", data)
            os.rename(path + ".tmp", path)
            yield self.moment()

    def for_paper(self):
        write(self.path(self.random.choice(self.people["printed"])), self.content(ends=(PAPER,)).data)
        yield 0

    def for_nobody_known(self):
        write(self.path(self.random.choice(self.people["unknown"])), self.content(ends=(HELD,)).data)
        yield 0

    def of_no_type(self):
        self.count += 1
        write(f"{self.folder()}/NOSUCH_{self.count}.pdf", self.content(ends=(QUARANTINED,)).data)
        yield 0

    def with_a_strict_umask(self):
        before = os.umask(0o077)
        write(self.path(), self.content().data)
        os.umask(before)
        yield 0

    def unreadable_at_first(self):
        path = self.path()
        staged = self.staged(self.content())
        os.chmod(staged, 0)
        os.rename(staged, path)
        yield self.moment() * 5
        os.chmod(path, 0o660)

    def new_folder(self):
        """mkdir, and at once a file in it: before anybody can have begun to watch it."""
        folder = self.new_avrs_id()
        if folder:
            write(f"{folder}/{self.name()}", self.content().data)
        yield 0

    def new_avrs_id(self):
        unused = [a for a in self.people["served"] if not os.path.exists(f"{self.drop}/{a}")]
        if not unused:
            return None
        folder = f"{self.drop}/{self.random.choice(unused)}"
        os.mkdir(folder)
        return folder

    def folder_of_its_own(self):
        free = [a for a in self.people["moved"] if a not in self.moving]
        if not free:
            return None
        avrs_id = self.random.choice(free)
        self.moving.add(avrs_id)
        return avrs_id

    def folder_moved_away_and_back(self):
        avrs_id = self.folder_of_its_own()
        if not avrs_id:
            return
        folder = self.folder(avrs_id)
        self.count += 1
        away = f"{self.staging}/folder-{self.count}"
        write(f"{folder}/{self.name()}", self.content().data)
        yield self.moment()
        os.rename(folder, away)
        write(f"{away}/{self.name()}", self.content().data)
        yield self.moment()
        os.rename(away, folder)
        write(f"{folder}/{self.name()}", self.content().data)
        self.moving.discard(avrs_id)

    def folder_removed_and_made_again(self):
        avrs_id = self.folder_of_its_own()
        if not avrs_id:
            return
        folder = self.folder(avrs_id)
        try:
            os.rmdir(folder)
            yield self.moment()
        except OSError:  # something is in it
            pass
        write(f"{self.folder(avrs_id)}/{self.name()}", self.content().data)
        self.moving.discard(avrs_id)

    ACTS = {
        plainly: 30, renamed_in: 20, unfinished_name_first: 5, slowly: 4, closed_and_reopened: 4,
        killed_half_way: 1, left_as_unfinished: 1, continued_after_it_was_whole: 4,
        through_an_old_descriptor: 4, held_open_for_writing: 2, rewritten_in_place: 4, replaced: 6,
        replaced_again_and_again: 3, hard_linked: 4, written_through_another_link: 3,
        removed_while_it_is_read: 4, same_name_later: 1, repeated: 1, trade_file: 4, for_paper: 4,
        for_nobody_known: 1, of_no_type: 1, with_a_strict_umask: 2, unreadable_at_first: 1, new_folder: 3,
        folder_moved_away_and_back: 1, in_a_batch: 3, folder_removed_and_made_again: 2,
    }

    def burst(self, count):
        """So many at once, in no time."""
        folders = [self.folder() for _ in range(20)]
        for i in range(count):
            os.rename(self.staged(self.content()), f"{folders[i % 20]}/{self.name()}")

    def run(self, acts, seconds, beside):
        """Begin that many acts within that time; beside: generators that go on until the acts end."""
        kinds, weights = zip(*self.ACTS.items())
        agenda = []
        number = 0
        for i in range(acts):
            number += 1
            act = self.random.choices(kinds, weights)[0](self)
            agenda.append((seconds * i / acts, number, act, False))
        for one in beside:
            number += 1
            agenda.append((0, number, one, True))
        heapq.heapify(agenda)
        begin = time.monotonic()
        left = acts
        while left and agenda:
            due, _, act, is_beside = heapq.heappop(agenda)
            wait = due - (time.monotonic() - begin)
            if wait > 0:
                time.sleep(wait)
            try:
                number += 1
                heapq.heappush(
                    agenda, (time.monotonic() - begin + next(act), number, act, is_beside))
            except StopIteration:
                left -= not is_beside


def write(path, data):
    """As a job does it: opened, written, closed. Returns its inode; it may be taken by then."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o660)
    os.write(fd, data)
    inode = os.fstat(fd).st_ino
    os.close(fd)
    return inode
