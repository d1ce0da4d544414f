#!/usr/bin/python3
"""Run jobs that do everything wrong while watchd is killed, then account for every file by content.

usage: oracle.py PROGRAMS FAULT-PROGRAMS [--files N] [--kills N] [--seconds N] [--seed N]
                 [--drop FOLDER [--full N]] [--burst N] [--setting KEY=VALUE]...

Each content has to be in exactly one place: posted, on paper, held, quarantined, unfinished; or
nowhere, if its job took it away. Nothing else may be anywhere: no half file, no changed one. Numbers,
rows, events and notifications have to say the same. Prints the seed first; status 1 tells of a file
that is not accounted for, and leaves everything where it is.
"""
import argparse
import collections
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dropper as jobs  # noqa: E402

FAULTS = """
post.taken=kill post.recorded=kill post.moved=kill post.placed=kill post.synced=kill post.published=kill
post.renamed=kill post.removed=kill batch.accepted=kill batch.posted=kill quarantine.recorded=kill quarantine.explained=kill
file.write=fail file.short=fail file.sync=fail catalog.statement=fail
""".split()
SERVED, MOVED, PRINTED = 40, 4, 3


class Run:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.root = f"{folder}/spool"
        self.random = random.Random(options.seed)
        self.environment = dict(os.environ, EDELIVERY_CONF=f"{self.root}/etc/edelivery.conf")
        self.log = open(f"{folder}/watchd.log", "ab")
        self.watchd = None
        self.kills = 0
        self.fills = 0
        self.late = []
        served = [f"{100000000 + i}" for i in range(SERVED)]
        moved = [f"{150000000 + i}" for i in range(MOVED)]
        printed = [f"{200000000 + i}" for i in range(PRINTED)]
        self.drop = options.drop and os.path.abspath(options.drop) or f"{self.root}/drop"
        os.makedirs(f"{folder}/staging")
        os.makedirs(self.drop, exist_ok=True)
        self.make_spool(served + moved, printed)
        staging = f"{folder}/staging"
        if options.drop:  # jobs rename and link within one file system
            staging = f"{options.drop}/../staging"
            os.makedirs(staging)
        self.jobs = jobs.Dropper(self.random, self.drop, staging,
                                 {"served": served, "moved": moved, "printed": printed,
                                  "unknown": ["300000000"]})

    def edelivery(self, *arguments):
        return subprocess.run([f"{self.options.programs}/edelivery", *arguments], check=True,
                              env=self.environment, capture_output=True, text=True).stdout

    def make_spool(self, served, printed):
        self.edelivery("init", "--root", self.root, "--port", "0")
        catalog = os.environ.get("TEST_CATALOG")
        if catalog:
            schema = f"oracle_{os.getpid()}"
            subprocess.run(["psql", "-q", catalog, "-c", f"CREATE SCHEMA {schema}"], check=True)
            self.catalog = f"{catalog} options=-csearch_path={schema}"
            self.edelivery("config", "set", "catalog", f"postgresql:{self.catalog}")
            self.edelivery("init", "--root", self.root, "--port", "0")
        else:
            self.catalog = None
        settings = ["drop.settle=1s"] + self.options.setting
        if self.options.drop:
            settings.append(f"drop.root={self.options.drop}")
        for setting in settings:
            self.edelivery("config", "set", *setting.split("=", 1))
        with open(f"{self.folder}/providers.csv", "w") as file:
            file.write("avrs_id,npi,name,kind\n")
            file.writelines(f"{avrs_id},,,billing\n" for avrs_id in served + printed)
        self.edelivery("provider", "import", file.name)
        for avrs_id in served:
            self.edelivery("account", "add", f"m{avrs_id}", "--email", "m@example.org",
                           "--master-of", avrs_id)

    # --- watchd, and its end

    def start(self, fault=None):
        programs = self.options.faults if fault else self.options.programs
        self.watchd = subprocess.Popen(
            [f"{programs}/edelivery-watchd", "-c", self.environment["EDELIVERY_CONF"]],
            env=dict(self.environment, EDELIVERY_FAULT=fault or ""), stdout=self.log, stderr=self.log)

    def kill(self, number):
        self.watchd.send_signal(number)
        self.watchd.wait()

    def killer(self):
        """Every so often it dies: at once, or at the N-th time that it is at a certain point."""
        pause = self.options.seconds / (self.options.kills + 1)
        while self.kills < self.options.kills:
            fault = None
            if self.random.random() < 0.6:
                fault = f"{self.random.choice(FAULTS)}@{self.random.choice((1, 2, 5, 20, 50))}"
            self.start(fault)
            until = time.monotonic() + pause * (0.3 + self.random.random())
            while time.monotonic() < until and self.watchd.poll() is None:
                yield 0.01
            self.kill(signal.SIGKILL)
            self.kills += 1
        self.start()

    def filler(self):
        """So many times the disk of the spool is full for a while; jobs have another one."""
        ballast = f"{self.folder}/ballast"
        pause = self.options.seconds / (self.options.full + 1)
        for _ in range(self.options.full):
            yield pause * self.random.uniform(0.2, 0.8)
            try:
                with open(ballast, "wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
            except OSError:
                self.fills += 1
            yield pause * self.random.uniform(0.1, 0.4)
            os.unlink(ballast)

    def still_to_do(self):
        """What is in the drop folder, and is not of those that have to stay."""
        stay = {jobs.HELD, jobs.UNFINISHED}
        by_hash = self.jobs.by_hash
        return [path for path in files_below(self.drop)
                if not (content := by_hash.get(hash_of(path))) or not stay & set(content.ends)]

    def wait_until_quiet(self):
        """Events alone bring watchd to everything: the next full scan is minutes away."""
        until = time.monotonic() + 20 + len(self.jobs.contents) / 200
        while left := self.still_to_do():
            if self.watchd.poll() is not None:
                raise SystemExit("watchd ended by itself")
            if time.monotonic() > until:
                self.late += left
                break
            time.sleep(0.2)
        time.sleep(0.5)

    def go(self):
        begin = time.monotonic()
        os.makedirs(f"{self.drop}/100000000", exist_ok=True)
        if self.options.burst:
            self.start()
            time.sleep(0.5)
            self.watchd.send_signal(signal.SIGSTOP)
            self.jobs.burst(self.options.burst)
            self.watchd.send_signal(signal.SIGCONT)
            self.jobs.run(50, 1, [])
            self.wait_until_quiet()
            self.kill(signal.SIGKILL)
        self.jobs.run(self.options.files, self.options.seconds, [self.killer(), self.filler()])
        if os.path.exists(f"{self.folder}/ballast"):
            os.unlink(f"{self.folder}/ballast")
        if self.watchd.poll() is not None:
            self.start()
        self.wait_until_quiet()
        # A start that has nothing to do does nothing.
        self.kill(signal.SIGTERM)
        self.start()
        time.sleep(1)
        self.kill(signal.SIGTERM)
        if self.fills < self.options.full:
            raise SystemExit(f"the disk was full only {self.fills} times")
        print(f"{len(self.jobs.contents)} contents, {self.kills} kills, {self.fills} times full,"
              f" {time.monotonic() - begin:.0f} s")

    # --- the catalog, as rows

    def query(self, sql):
        if self.catalog:
            import csv
            text = subprocess.run(["psql", "-q", "--csv", "-t", self.catalog, "-c", sql], check=True,
                                  capture_output=True, text=True).stdout
            return [tuple(int(v) if v.isdigit() else v or None for v in row)
                    for row in csv.reader(text.splitlines())]
        import sqlite3
        with sqlite3.connect(f"file:{self.root}/catalog/catalog.db?mode=ro", uri=True) as catalog:
            return catalog.execute(sql).fetchall()


def files_below(folder):
    return [f"{path}/{name}" for path, _, names in os.walk(folder) for name in names]


def printed(root):
    """The letters of the outbox; its manifests, zips and their unfinished ones are no letters."""
    return [path for path in files_below(f"{root}/paper") if re.match("[0-9]+_", os.path.basename(path))]


def hash_of(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:  # taken meanwhile, or not readable yet
        return ""


class Oracle:
    def __init__(self, run):
        self.run = run
        self.by_hash = run.jobs.by_hash
        self.places = collections.defaultdict(list)  # of a content
        self.faults = [f"{path} was looked at only by the next start" for path in run.late]

    def complain(self, text):
        self.faults.append(text)

    def look(self):
        root = self.run.root
        held = {(str(a), c, n) for a, c, n in self.run.query(
            "SELECT avrs_id, class, name FROM intake WHERE state = 'held'")}
        for path in files_below(f"{root}/letters"):
            self.found(path, jobs.POSTED)
        for path in printed(root):
            self.found(path, jobs.PAPER)
        for path in files_below(f"{root}/quarantine"):
            if not path.endswith(".reason"):
                self.found(path, jobs.QUARANTINED)
                if not os.path.exists(path + ".reason"):
                    self.complain(f"{path} has no reason beside it")
        for path in files_below(self.run.drop):
            parts = os.path.relpath(path, self.run.drop).split("/")
            trade = len(parts) == 3
            key = (parts[0], "trade-files" if trade else "edelivery", parts[-1])
            is_held = key in held
            held.discard(key)
            self.found(path, jobs.HELD if is_held else jobs.UNFINISHED)
        for key in held:
            self.complain(f"{'/'.join(key)} has a row that says held, but is not there")

    def found(self, path, place):
        content = self.by_hash.get(hash_of(path))
        if content is None:
            self.complain(f"{path} has bytes that nobody finished writing")
        else:
            self.places[content].append((place, path))

    def account(self):
        groups = collections.defaultdict(int)
        told = collections.Counter()
        for content in self.run.jobs.contents:
            places = self.places[content]
            kinds = {place for place, _ in places}
            if content.group:
                groups[content.group] += len(places)
            if len(places) > 1:
                self.complain(f"{content.token} is in {len(places)} places: {places}")
            elif not kinds <= set(content.ends):
                self.complain(f"{content.token} is {places[0]}, not {content.ends}")
            elif not places and content.is_certain:
                self.complain(f"{content.token} is lost")
            told[places[0][0] if places else "gone"] += 1
        for group, count in groups.items():
            if count == 0:
                lost = [c.token for c in self.run.jobs.contents if c.group == group]
                self.complain(f"none of {lost} is anywhere")
        told["duplicate"] = self.check_duplicates()
        print(", ".join(f"{kind} {count}" for kind, count in sorted(told.items())))

    def check_duplicates(self):
        rows = self.run.query("SELECT avrs_id, name, COUNT(*) FROM intake WHERE state = 'duplicate'"
                              " GROUP BY avrs_id, name")
        found = {(str(a), n): c for a, n, c in rows}
        for content in self.run.jobs.contents:
            if content.repeats:
                count = found.pop((content.avrs_id, content.name), 0)
                if count != content.repeats:
                    self.complain(f"{content.token} was repeated once, recorded {count} times")
        for key, count in found.items():
            self.complain(f"{key} is recorded as a duplicate {count} times, and was dropped once")
        return sum(row[2] for row in rows)

    def check_catalog(self):
        """Rows and files say the same; numbers have no gap; each letter is told of once."""
        query = self.run.query
        rows = {}
        for id_, name, sha256, size, electronic, paper, placed in query(
                "SELECT id, name, sha256, size, electronic, paper, placed FROM letter"):
            rows[f"{id_}_{name}"] = (sha256, size)
            if electronic not in (None, "posted") or (paper and not placed):
                self.complain(f"letter {id_} is not finished: {electronic} {paper} {placed}")
        for path in files_below(f"{self.run.root}/letters") + printed(self.run.root):
            row = rows.pop(os.path.basename(path), None)
            if row is None:
                self.complain(f"{path} has no row")
            elif row != (hash_of(path), os.path.getsize(path)):
                self.complain(f"{path} is not what its row says: {row}")
        for name in rows:
            self.complain(f"letter {name} has a row, but no file")
        for avrs_id, last, count, least, most in query(
                "SELECT p.avrs_id, p.last_sequence, COUNT(l.sequence), MIN(l.sequence), MAX(l.sequence)"
                " FROM provider p JOIN letter l ON l.avrs_id = p.avrs_id AND l.electronic = 'posted'"
                " GROUP BY p.avrs_id, p.last_sequence"):
            if (least, most, count) != (1, last, last):
                self.complain(f"{avrs_id}: {count} letters numbered {least} to {most}, last {last}")
        for what, where in (("letter.posted", "electronic IS NOT NULL"),
                            ("letter.on-paper", "electronic IS NULL")):
            self.expect(f"SELECT COUNT(*) FROM event WHERE what = '{what}'",
                        f"SELECT COUNT(*) FROM letter WHERE {where}")
            self.expect(f"SELECT COUNT(DISTINCT letter_id) FROM event WHERE what = '{what}'",
                        f"SELECT COUNT(*) FROM letter WHERE {where}")
        self.expect("SELECT COALESCE(SUM(letters), 0) FROM notification",
                    "SELECT COUNT(*) FROM letter WHERE electronic = 'posted' AND class = 'edelivery'")
        self.expect("SELECT COUNT(*) FROM batch WHERE state <> 'posted'", "SELECT 0")
        self.expect("SELECT COUNT(*) FROM intake WHERE state = 'quarantined'",
                    f"SELECT {sum(1 for p in self.places.values() for place, _ in p if place == jobs.QUARANTINED)}")

    def expect(self, one, other):
        a, b = self.run.query(one)[0][0], self.run.query(other)[0][0]
        if int(a) != int(b):
            self.complain(f"{a} = {one}, but {b} = {other}")


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="oracle.py")
    parser.add_argument("programs", type=os.path.abspath)
    parser.add_argument("faults", type=os.path.abspath)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--full", type=int, default=0, help="times that the disk of the spool is full")
    parser.add_argument("--drop", help="a folder to be made, on another file system")
    parser.add_argument("--burst", type=int, default=0)
    parser.add_argument("--setting", action="append", default=[])
    return parser.parse_args(arguments)


def become_nobody(options, folder):
    """Permissions mean nothing to root; and the programs may be where nobody else can read."""
    for name in ("programs", "faults"):
        copy = f"{folder}/{name}"
        os.mkdir(copy)
        for program in ("edelivery", "edelivery-watchd"):
            shutil.copy(f"{getattr(options, name)}/{program}", copy)
        os.chown(copy, 65534, 65534)
        setattr(options, name, copy)
    os.chown(folder, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    os.environ.update(HOME=folder, USER="nobody")


def main():
    options = options_of(sys.argv[1:])
    print(f"seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="oracle-")
    if os.getuid() == 0:
        become_nobody(options, folder)
    os.umask(0o007)
    run = Run(options, folder)
    try:
        run.go()
    finally:
        if run.watchd and run.watchd.poll() is None:
            run.kill(signal.SIGKILL)
    oracle = Oracle(run)
    oracle.look()
    oracle.account()
    oracle.check_catalog()
    for fault in oracle.faults[:50]:
        print(fault)
    if oracle.faults:
        print(f"{len(oracle.faults)} not accounted for; all of it is in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
