# edelivery: one Makefile, no recursion. `make help` lists what it can do.
#
# A room is a folder of C files that becomes one archive. A room may use the rooms on its own
# line and nothing else; `make lint` checks the includes. Nothing is listed twice: a new file
# in a room, a new main_<program>.c, suite or fuzzer is found by its name.
ROOMS        := base spool server batch admin
uses_base    :=
uses_spool   := base
uses_server  := spool base
uses_batch   := spool base
uses_admin   := spool base

VERSION := 0.1.0
comma   := ,
# Variants live side by side: plain, SAN=1 (ASan, UBSan, fault points), COV=1 (gcov),
# FAULT=1 (plain with the fault points and the test clock of base/fault.h), FUZZ=1 (SAN and libFuzzer).
VARIANT := $(if $(FUZZ),fuzz,$(if $(SAN),san,$(if $(COV),cov,$(if $(FAULT),fault,plain))))
BUILD   := build/$(VARIANT)$(if $(filter clang,$(CC)),-clang)

CSTD    := -std=gnu11 -D_GNU_SOURCE -DEDELIVERY_VERSION='"$(VERSION)"'
WARN    := -Wall -Wextra -Werror -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
           -Wold-style-definition -Wshadow -Wundef -Wvla -Walloca -Wwrite-strings -Wpointer-arith \
           -Wcast-qual -Wconversion -Wno-sign-conversion -Wnull-dereference -Wdate-time
ifeq ($(shell $(CC) -dM -E - </dev/null | grep -c __clang__),0)
WARN    += -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init
else
WARN    += -Wcomma -Wunreachable-code-aggressive -Wassign-enum
endif
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -fno-common
LINKH   := -pie -Wl,-z,relro,-z,now,--as-needed
OPT     := $(if $(FUZZ)$(SAN)$(COV),-O1 -g -fno-omit-frame-pointer,-O2 -g -D_FORTIFY_SOURCE=3)
OPT     += $(if $(FUZZ)$(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -DEDELIVERY_SANITIZED)
OPT     += $(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(COV),--coverage)
OPT     += $(if $(FUZZ)$(SAN)$(COV)$(FAULT),-DEDELIVERY_FAULTS)

PKGS    := libssh sqlite3 libpq libcurl libcrypto libxcrypt libseccomp libconfuse libutf8proc jansson smartcols libdeflate libarchive libmagic
# For base/sha256_many.c, where Debian has it.
IMB_LIB      := $(if $(wildcard /usr/include/intel-ipsec-mb.h),-lIPSec_MB)
PKG_CFLAGS   := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
# libaio, for base/syncs.c, has no .pc file.
PKG_LIBS     := $(shell pkg-config --libs $(PKGS) 2>/dev/null) $(IMB_LIB) -laio -pthread
CUNIT_CFLAGS := $(shell pkg-config --cflags cunit 2>/dev/null)
CUNIT_LIBS   := $(shell pkg-config --libs cunit 2>/dev/null)

ALL_CFLAGS  = $(CSTD) $(WARN) $(HARDEN) $(OPT) -I. $(PKG_CFLAGS) $(EXTRA) $(CFLAGS)
ALL_LDFLAGS = $(LINKH) $(OPT) $(LDFLAGS)

MAINS     := $(wildcard $(addsuffix /main_*.c,$(ROOMS)))
program    = $(BUILD)/$(subst _,-,$(patsubst main_%.c,%,$(notdir $(1))))
PROGRAMS  := $(foreach m,$(MAINS),$(call program,$m))
sources    = $(filter-out $(MAINS),$(wildcard $(1)/*.c))
objects    = $(patsubst %.c,$(BUILD)/%.o,$(1))
archives   = $(foreach r,$(1) $(uses_$(1)),$(BUILD)/$r.a)
FUZZERS    := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
UNIT       := $(wildcard tests/unit/*.c tests/lib/*.c)
C_FILES     = $(shell git ls-files -co --exclude-standard '*.[ch]')
SHELL_FILES = $(shell git ls-files -co --exclude-standard 'tools/*' 'tests/*.bash' 'tests/*.bats' 'tests/run' 'tests/long' 'tests/bench/*' 'tests/lib/postgres' '.ci/run' | grep -v -e packages -e '\.c$$')

.DELETE_ON_ERROR:
.PHONY: all help deps demo test test-long test-programs lint format cover fuzz bench install clean

all: $(PROGRAMS) ## build the programs into build/plain (SAN=1, COV=1, FAULT=1, CC=clang: beside it)

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

deps: ## install what is missing with apt; asks for root only if something is
	@tools/deps tools/packages

demo: deps ## install, build, post letters on a scratch spool, pull them by sftp, serve until Ctrl-C
	@$(MAKE) --no-print-directory all
	@tools/demo $(BUILD)

test: deps ## unit tests, flows with real clients, every fuzzer's seeds; CATALOG=postgres: on that
	@$(MAKE) --no-print-directory test-programs
	@CATALOG=$(CATALOG) tests/run $(BUILD) $(if $(SAN)$(COV)$(FAULT),$(BUILD),build/fault)

test-long: deps ## the above under sanitizers and valgrind, every fuzzer for 10 minutes, long runs
	@tests/long

test-programs: $(PROGRAMS) $(BUILD)/unit $(BUILD)/replay $(BUILD)/bad-client
	@$(if $(SAN)$(COV)$(FAULT),,$(MAKE) --no-print-directory FAULT=1 all)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

define room_rules
$(BUILD)/$(1).a: $(call objects,$(call sources,$(1)))
	@rm -f $$@
	@mkdir -p $$(@D)
	$$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$r)))

define program_rule
$(call program,$(1)): $(call objects,$(1)) $(call archives,$(patsubst %/,%,$(dir $(1))))
	$$(CC) $$(ALL_LDFLAGS) $$^ $$(PKG_LIBS) -o $$@
endef
$(foreach m,$(MAINS),$(eval $(call program_rule,$m)))

$(BUILD)/admin/init.o: etc/letter-types.conf
$(BUILD)/spool/mail_template.o: $(wildcard etc/mail/*.txt)

# The lists of suites and fuzzers are their file names.
$(BUILD)/suites.h: $(UNIT)
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c)) >$@
$(BUILD)/fuzzers.h: $(wildcard tests/fuzz/*.c)
	@mkdir -p $(@D)
	@printf 'FUZZER(%s)\n' $(FUZZERS) >$@
$(BUILD)/tests/unit/main.o: $(BUILD)/suites.h
$(BUILD)/tests/fuzz/replay.o: $(BUILD)/fuzzers.h

$(BUILD)/unit: $(call objects,$(UNIT)) $(foreach r,server batch admin spool base,$(BUILD)/$r.a)
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) $(CUNIT_LIBS) -o $@
$(call objects,$(UNIT)): EXTRA += $(CUNIT_CFLAGS) -I$(BUILD)

# A fuzzer is tests/fuzz/fuzz_<file>.c; replay runs all of them over files, without libFuzzer.
FUZZ_SECONDS ?= 20
FUZZ_LIB := $(call objects,$(addprefix tests/lib/,drops.c engine.c scratch.c stub_broker.c))
$(BUILD)/replay: $(call objects,$(wildcard tests/fuzz/*.c)) $(FUZZ_LIB) $(foreach r,server batch admin spool base,$(BUILD)/$r.a)
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@
$(call objects,$(wildcard tests/fuzz/fuzz_*.c)): EXTRA += $(if $(FUZZ),,-DLLVMFuzzerTestOneInput=$(basename $(notdir $<)))
$(BUILD)/tests/fuzz/replay.o: EXTRA += -I$(BUILD)

fuzz: deps ## run every fuzzer for FUZZ_SECONDS (20)
	@$(MAKE) --no-print-directory FUZZ=1 CC=clang fuzz-programs
	@for f in $(FUZZERS); do echo "== $$f"; mkdir -p build/corpus/$$f; \
		build/fuzz-clang/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=build/fuzz-clang/$$f- build/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done
.PHONY: fuzz-programs
fuzz-programs: $(addprefix $(BUILD)/fuzz_,$(FUZZERS))
$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_LIB) $(foreach r,server batch admin spool base,$(BUILD)/$r.a)
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer $^ $(PKG_LIBS) -o $@

# Broken and hostile clients, for flows.
$(BUILD)/bad-client: $(BUILD)/tests/flow/bad_client.o $(BUILD)/base.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

# What valgrind cannot do, for tests/long.
$(BUILD)/openat2.so: tests/valgrind/openat2.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O1 -g -fPIC -shared $< -o $@

bench: deps ## the figures, beside their peers in one run
	@tools/deps tools/packages.bench
	@$(MAKE) --no-print-directory all $(BENCH_PROGRAMS:%=$(BUILD)/bench-%)
	@for f in tests/bench/*; do [ -x $$f ] || continue; echo "== $$f"; $$f $(BUILD) || exit 1; done

# What loads both servers with sessions; what posting cannot do without; who drops letters one by one.
BENCH_PROGRAMS = client floor dropper
$(BENCH_PROGRAMS:%=$(BUILD)/bench-%): $(BUILD)/bench-%: $(BUILD)/tests/bench/%.o $(BUILD)/base.a
	$(CC) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

cover: ## run the tests with gcov and print what they reach
	$(MAKE) COV=1 test
	gcovr -r . --exclude 'tests/.*' --exclude 'build/.*' --print-summary build/cov

lint: deps lint-clang $(patsubst %.c,build/lint/%.tidy,$(foreach r,$(ROOMS),$(wildcard $r/*.c))) ## style, rooms, static checks, documents; both compilers
	tools/rooms
	tools/banned
	tools/documented
	tools/tested
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem -j 2 -I. $(ROOMS)
	shellcheck -x $(SHELL_FILES)
	mandoc -Tlint -Wwarning man/*
	tools/units
	tools/sizes

.PHONY: lint-clang
lint-clang:
	@$(MAKE) --no-print-directory CC=clang all build/plain-clang/unit
	@$(MAKE) --no-print-directory CC=clang FUZZ=1 fuzz-programs

build/lint/%.tidy: %.c .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(CSTD) -I. $(PKG_CFLAGS) 2>/dev/null
	@touch $@

format: ## let clang-format lay out every C file
	clang-format -i $(C_FILES)

PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
install: all ## install programs, man pages, settings (none is overwritten) and units below DESTDIR, PREFIX
	install -d $(addprefix $(DESTDIR),$(SBINDIR) $(MANDIR)/man5 $(MANDIR)/man8 $(SYSCONFDIR)/edelivery/mail $(UNITDIR))
	install -m 0755 $(PROGRAMS) $(DESTDIR)$(SBINDIR)
	install -m 0644 man/*.5 $(DESTDIR)$(MANDIR)/man5
	install -m 0644 man/*.8 $(DESTDIR)$(MANDIR)/man8
	@tools/install-settings $(DESTDIR)$(SYSCONFDIR)/edelivery etc/*.conf
	@tools/install-settings $(DESTDIR)$(SYSCONFDIR)/edelivery/mail etc/mail/*.txt
	install -m 0644 systemd/* $(DESTDIR)$(UNITDIR)

clean: ## remove build/
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
