#!/usr/bin/python3
"""The figures of posting: letters a second, and from drop to visible, beside the floor.

usage: posting_bench.py PROGRAMS SCRATCH POSTGRESQL

POSTGRESQL is a connection string; PARTS ("bursts beside archive flat engines") are what is run.

The floor (tests/bench/floor.c) only hashes, syncs, renames and commits one row a letter. Each round
runs both in turns, and SQLite and PostgreSQL in turns; medians of ROUNDS (5), least and most beside
them. BURSTS ("1 1000 100000") of 40 KB lie in 500 folders when either begins: its clock runs from when
it is ready, since a start is no part of posting. Bursts of 1 are 200, each dropped into a watchd at
work when the one before is visible; the floor has a batch for each, and both have one folder and
pause between. These only wait for the disk, whose interrupts may all come to one core: on it the floor
takes 0.5 ms a letter, on the other one 0.75. So either is bound to each core in turn, and the figures
are of all cores together; what it is where the scheduler puts them is told as well. ARCHIVED (40000)
letters are in the archives of the night beside which single ones are dropped.
"""
import contextlib
import itertools
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

SIZE, FOLDERS = 40000, 500
ROUNDS = int(os.environ.get("ROUNDS", "5"))
BURSTS = [int(word) for word in os.environ.get("BURSTS", "1 1000 100000").split()]
ARCHIVED = int(os.environ.get("ARCHIVED", "40000"))
SINGLES = 200
PAUSE = 0.002  # between them
EVERY_CORE = os.sched_getaffinity(0)
CORES = sorted(EVERY_CORE)[:8]  # that these are bound to in turn
AT_ONCE = 4000  # with fewer events than the kernel queues


def make_letter(path):
    with open(path, "wb") as file:
        file.write(b"%PDF-1.4\n" + os.urandom(SIZE) + b"\nstartxref\n0\n%%EOF\n")


def fill(drop, letters, folders=FOLDERS, word="burst"):
    for i in range(min(folders, max(letters, 1))):
        os.makedirs(f"{drop}/{100000000 + i}", exist_ok=True)
    for i in range(letters):
        make_letter(f"{drop}/{100000000 + i % folders}/EFT_{word}_{i}.pdf")
    os.sync()


class Spool:
    """A spool with that many AVRS IDs, all of one account; posted: letters that it has already."""

    def __init__(self, programs, folder, avrs_ids=FOLDERS, posted=0, postgres=None):
        self.programs, self.root = programs, folder
        self.catalog = postgres
        self.conf = f"{folder}/etc/edelivery.conf"
        shutil.rmtree(folder, ignore_errors=True)
        self.edelivery("init", "--root", folder, "--port", "0")
        if postgres:
            self.sql("SET client_min_messages = warning; DROP SCHEMA IF EXISTS bench CASCADE;"
                     " CREATE SCHEMA bench", postgres)
            self.catalog = f"{postgres} options=-csearch_path=bench"
            self.edelivery("config", "set", "catalog", f"postgresql:{self.catalog}")
            self.edelivery("init", "--root", folder, "--port", "0")
        with open(f"{folder}/providers.csv", "w") as file:
            file.write("avrs_id,npi,name,kind\n")
            file.writelines(f"{100000000 + i},,,billing\n" for i in range(avrs_ids))
        self.edelivery("provider", "import", file.name)
        self.edelivery("account", "add", "house", "--email", "house@example.org")
        self.sql("INSERT INTO membership (account_id, avrs_id, role, mark, trade_files_after, granted,"
                 " changed) SELECT (SELECT MIN(id) FROM account), avrs_id, 'master', 0, 0, 0, 0"
                 " FROM provider")
        if posted:
            self.sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
                     f" {posted}) INSERT INTO letter (id, avrs_id, class, type, name, dropped_name, size,"
                     " sha256, crc32, node, source_device, source_inode, source_changed, taken,"
                     " electronic, sequence, posted) SELECT 10000000 + i,"
                     f" CAST(100000000 + i % {min(avrs_ids, FOLDERS)} AS TEXT), 'edelivery', 'EFT',"
                     " 'OLD_' || i, 'OLD_' || i, 1, 'x', 0, 'n', 0, 0, 0, 0, 'posted', i, 0 FROM n")
        os.makedirs(f"{folder}/drop", exist_ok=True)

    def edelivery(self, *arguments):
        subprocess.run([f"{self.programs}/edelivery", "-c", self.conf, *arguments], check=True,
                       stdout=subprocess.DEVNULL)

    def sql(self, text, catalog=None):
        if self.catalog:
            subprocess.run(["psql", "-q", catalog or self.catalog, "-c", text], check=True)
            return
        import sqlite3
        connection = sqlite3.connect(f"{self.root}/catalog/catalog.db", timeout=60)
        with connection:
            connection.execute(text)
        connection.close()

    def start(self, listens=True):
        self.count = 0
        self.single = None  # the AVRS ID whose letters are waited for one by one
        self.singles = 0
        self.told = threading.Condition()
        self.ready = None
        self.watchd = subprocess.Popen([f"{self.programs}/edelivery-watchd", "-c", self.conf],
                                       stderr=subprocess.PIPE)
        if listens:
            threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        """Counts what is told of. A reader who wakes for every line would take watchd's cores."""
        rest = b""
        while chunk := os.read(self.watchd.stderr.fileno(), 1 << 20):
            chunk = rest + chunk
            end = chunk.rfind(b"\n") + 1
            lines, rest = chunk[:end], chunk[end:]
            with self.told:
                if not self.ready and b' text="watching ' in lines:
                    self.ready = time.monotonic()
                count = lines.count(b" posted avrs_id=")
                if count:
                    self.count += count
                    self.last = time.monotonic()
                if self.single:
                    self.singles += lines.count(b" posted avrs_id=%s " % self.single)
                self.told.notify_all()
            if b" error: " in lines:
                sys.stderr.writelines(line for line in lines.decode().splitlines(True)
                                      if " error: " in line)
            if not self.single:
                time.sleep(0.001)

    def until(self, count):
        with self.told:
            if not self.told.wait_for(lambda: self.count >= count, timeout=600):
                raise SystemExit(f"posted only {self.count} of {count}")

    def cpu(self):
        """Seconds of all its threads, so far."""
        with open(f"/proc/{self.watchd.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def when_idle(self):
        """The same, once it has nothing to do any more: every folder is watched."""
        before, now = -1, self.cpu()
        while before != now:
            time.sleep(1)
            before, now = now, self.cpu()
        return now

    def stop(self):
        self.watchd.terminate()
        self.watchd.wait()


def post_burst(spool, letters):
    """Letters a second, from when watchd looks for them to the last one."""
    fill(f"{spool.root}/drop", letters)
    spool.start()
    spool.until(letters)
    rate = letters / (spool.last - spool.ready)
    spool.stop()
    return rate


def floor(programs, folder, letters, batch, folders=FOLDERS, pause=0):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/letters")
    os.makedirs(f"{folder}/drop")
    fill(f"{folder}/drop", letters, folders)
    told = subprocess.run([f"{programs}/bench-floor", f"{folder}/drop", f"{folder}/letters",
                           f"{folder}/catalog.db", str(batch), str(int(1000 * pause))], check=True,
                          stdout=subprocess.PIPE)
    return letters / float(told.stdout.split()[2])


@contextlib.contextmanager
def bound_to(cores):
    """What is started within runs on these cores only."""
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, EVERY_CORE)


def drop_ones(programs, spool, avrs_id, count, pause, cores):
    """Seconds of each of so many letters from its rename into the drop folder to being told as posted.

    By a program that does nothing else (tests/bench/dropper.c), into a watchd that has just started on
    these cores.
    """
    folder = f"{spool.root}/drop/{avrs_id}"
    os.makedirs(folder, exist_ok=True)
    with bound_to(cores):
        spool.start(listens=False)
    told = subprocess.run([f"{programs}/bench-dropper", folder, str(count), str(int(1000 * pause))],
                          stdin=spool.watchd.stderr, stdout=subprocess.PIPE, check=True)
    spool.watchd.stderr.close()
    spool.stop()
    return [float(line) for line in told.stdout.split()]


def drop_singles(spool, avrs_id, count, pause, word="single", beside=None):
    """The same, one after the other, into a watchd that others drop into, too.

    Where they are dropped beside a process, until that ends, whatever the count.
    """
    folder = f"{spool.root}/drop/{avrs_id}"
    os.makedirs(folder, exist_ok=True)
    spool.single, spool.singles = str(avrs_id).encode(), 0
    time.sleep(0.2)
    took = []
    for i in itertools.count():
        if beside.poll() is not None if beside else i == count:
            break
        make_letter(f"{folder}/.next")
        begin = time.monotonic()
        os.rename(f"{folder}/.next", f"{folder}/EFT_{word}_{i}.pdf")
        with spool.told:
            if not spool.told.wait_for(lambda: spool.singles > i, timeout=60):
                raise SystemExit("a single letter was not posted")
            took.append(spool.last - begin)
        time.sleep(pause)
    spool.single = None
    return took


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def show(title, values, unit):
    print(f"{title:52} {statistics.median(values):12.5g} ({min(values):.5g}..{max(values):.5g}) {unit}",
          flush=True)


def ratio(title, ours, theirs, wanted):
    value = statistics.median(ours) / statistics.median(theirs)
    sign, limit = wanted.split()
    met = value >= float(limit) if sign == ">=" else value <= float(limit)
    print(f"{title:52} {value:12.3f} wanted {wanted}: {'yes' if met else 'NO'}", flush=True)


class Singles:
    """A round of bursts of 1 on these cores: milliseconds a letter."""

    def __init__(self, programs, scratch, cores):
        with bound_to(cores):
            self.floor = 1000 / floor(programs, f"{scratch}/floor", SINGLES, 1, 1, PAUSE)
        spool = Spool(programs, f"{scratch}/spool")
        took = [1000 * each for each in drop_ones(programs, spool, 100000000, SINGLES + 1, PAUSE, cores)]
        self.first, self.mean = took[0], statistics.mean(took[1:])
        self.p50, self.p99 = quantile(took[1:], 0.5), quantile(took[1:], 0.99)


def bench_singles(programs, scratch):
    """Bursts of 1, and how long one is on its way."""
    places = {f"core {core}": {core} for core in CORES} | {"any core": EVERY_CORE}
    rounds = [{name: Singles(programs, scratch, cores) for name, cores in places.items()}
              for _ in range(ROUNDS)]

    def values(name, place):
        return [getattr(each[place], name) for each in rounds]

    def of_all_cores(name):
        return [statistics.mean(getattr(each[f"core {core}"], name) for core in CORES) for each in rounds]

    for place in places:
        show(f"one letter, {place}: floor", values("floor", place), "ms")
        for name in ("mean", "p50", "p99"):
            show(f"one letter, {place}: drop to visible, {name}", values(name, place), "ms")
    show("the first after a start, and of its AVRS ID", values("first", "any core"), "ms")
    theirs = [1000 / each for each in of_all_cores("floor")]
    ours = [1000 / each for each in of_all_cores("mean")]
    show("bursts of 1: floor", theirs, "letters/s")
    show("bursts of 1: watchd", ours, "letters/s")
    ratio("bursts of 1", ours, theirs, ">= 0.8")
    ratio("one letter, idle", of_all_cores("p50"), of_all_cores("floor"), "<= 1.5")


def bench_bursts(programs, scratch):
    if 1 in BURSTS:
        bench_singles(programs, scratch)
    for letters in (letters for letters in BURSTS if letters > 1):
        ours, theirs = [], []
        for i in range(ROUNDS):
            # Where thousands of files have just been removed ext4 is slow to make new folders: what
            # is small is removed after the last round.
            one = i if letters <= 10000 else 0
            theirs.append(floor(programs, f"{scratch}/floor{one}", letters, 512))
            ours.append(post_burst(Spool(programs, f"{scratch}/spool{one}"), letters))
        for i in range(ROUNDS):
            shutil.rmtree(f"{scratch}/floor{i}", ignore_errors=True)
            shutil.rmtree(f"{scratch}/spool{i}", ignore_errors=True)
        show(f"burst of {letters}: floor", theirs, "letters/s")
        show(f"burst of {letters}: watchd", ours, "letters/s")
        ratio(f"burst of {letters}", ours, theirs, ">= 0.8")


def bench_beside_burst(programs, scratch):
    letters = max(BURSTS)
    spool = Spool(programs, f"{scratch}/spool", avrs_ids=FOLDERS + 1)
    fill(f"{spool.root}/drop", letters)
    spool.start()
    took = drop_singles(spool, 100000000 + FOLDERS, 50, 0.02)
    beside = spool.count < letters
    spool.until(letters + len(took))
    whole = spool.last - spool.ready
    spool.stop()
    print(f"one letter beside a burst of {letters} ({whole:.1f} s{'' if beside else ', over before'}):"
          f" p50 {1000 * quantile(took, 0.5):.1f} ms, p99 {1000 * quantile(took, 0.99):.1f} ms", flush=True)


def bench_beside_archive(programs, scratch):
    spool = Spool(programs, f"{scratch}/spool", avrs_ids=FOLDERS + 1)
    spool.edelivery("config", "set", "archive.reserve", "0")
    fill(f"{spool.root}/drop", ARCHIVED)
    spool.start()
    spool.until(ARCHIVED)
    spool.when_idle()
    rows = {}
    for i in range(ROUNDS):
        alone = drop_singles(spool, 100000000 + FOLDERS, SINGLES, PAUSE, f"alone{i}")
        shutil.rmtree(f"{spool.root}/archives/bundles", ignore_errors=True)
        for text in ("UPDATE letter SET archived = 0", "DELETE FROM archive_letter", "DELETE FROM archive"):
            spool.sql(text)
        subprocess.run(f"rm -rf {spool.root}/archives/[0-9a-f][0-9a-f]", shell=True, check=True)
        os.sync()
        begin = time.monotonic()
        job = subprocess.Popen([f"{programs}/edelivery-archive", "-c", spool.conf], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        beside = drop_singles(spool, 100000000 + FOLDERS, 0, PAUSE, f"beside{i}", job)
        rows.setdefault("job", []).append(time.monotonic() - begin)
        rows.setdefault("dropped", []).append(len(beside))
        if job.wait() != 0:
            raise SystemExit("no archives were made")
        for title, took in (("alone", alone), ("beside", beside)):
            for name, q in (("p50", 0.5), ("p99", 0.99), ("most", 1)):
                rows.setdefault(f"{title} {name}", []).append(1000 * quantile(took, q))
    spool.stop()
    show(f"a night archive of {ARCHIVED} letters", rows["job"], "s")
    show("... letters dropped beside it", rows["dropped"], "letters")
    for name in ("p50", "p99", "most"):
        show(f"one letter, no archive: drop to visible, {name}", rows[f"alone {name}"], "ms")
        show(f"one letter beside the archive, {name}", rows[f"beside {name}"], "ms")


def bench_flat(programs, scratch):
    for title, small, large in (
            ("10 k or 1 M letters posted", {"posted": 10000}, {"posted": 1000000}),
            ("10 or 100,000 folders", {"avrs_ids": 10}, {"avrs_ids": 100000})):
        seconds, starts, idle = {}, {}, {}
        for _ in range(ROUNDS):
            for name, options in (("small", small), ("large", large)):
                spool = Spool(programs, f"{scratch}/spool", **options)
                for i in range(options.get("avrs_ids", FOLDERS)):
                    os.makedirs(f"{spool.root}/drop/{100000000 + i}")
                spool.start()
                drop_singles(spool, 100000000, 1, 0)
                starts.setdefault(name, []).append(spool.when_idle())
                before = spool.cpu()
                time.sleep(5)
                idle.setdefault(name, []).append((spool.cpu() - before) / 5 * 1000)
                before = spool.cpu()
                # All at once: what groups it makes of those that come meanwhile is chance.
                spool.watchd.send_signal(signal.SIGSTOP)
                fill(f"{spool.root}/drop", AT_ONCE, 10)
                spool.watchd.send_signal(signal.SIGCONT)
                spool.until(AT_ONCE + 1)
                seconds.setdefault(name, []).append((spool.cpu() - before) / AT_ONCE * 1e6)
                spool.stop()
        show(f"{title}: few, CPU a letter", seconds["small"], "us")
        show(f"{title}: many, CPU a letter", seconds["large"], "us")
        ratio(title, seconds["large"], seconds["small"], "<= 1.1")
        show(f"{title}: many, CPU of the start", starts["large"], "s")
        show(f"{title}: many, CPU while nothing comes", idle["large"], "ms/s")


def bench_engines(programs, scratch, postgres):
    rates = {"SQLite": [], "PostgreSQL": []}
    for _ in range(ROUNDS):
        for name, rows in rates.items():
            where = postgres if name == "PostgreSQL" else None
            rows.append(post_burst(Spool(programs, f"{scratch}/spool", postgres=where), 5000))
    for name, rows in rates.items():
        show(f"burst of 5000: catalog in {name}", rows, "letters/s")
    ratio("PostgreSQL instead of SQLite", rates["PostgreSQL"], rates["SQLite"], ">= 0.6")


def main():
    programs, scratch, postgres = sys.argv[1:]
    print(f"rounds={ROUNDS}, medians (least..most)")
    parts = os.environ.get("PARTS", "bursts beside archive flat engines").split()
    if "bursts" in parts:
        bench_bursts(programs, scratch)
    if "beside" in parts:
        bench_beside_burst(programs, scratch)
    if "archive" in parts:
        bench_beside_archive(programs, scratch)
    if "flat" in parts:
        bench_flat(programs, scratch)
    if "engines" in parts:
        bench_engines(programs, scratch, postgres)


if __name__ == "__main__":
    main()
