# ticket_mining: process mining of support tickets inside PostgreSQL
#
#   make             build            make install     install (as root)
#   make demo        set up and show  make check       set up and run all tests
#   make installcheck                 pg_regress against a running server
#   make check-long  what takes longer than CI may
#   make bench       measures it beside plain SQL and DuckDB: EVENTS=10000000 ROUNDS=5
#   make format      clang-format     make page        with npm: the page in the browser
#   make dist        the archive of a release, with the page in it
#
# Nothing but page, dist and what sets up by itself reaches the network.
#
# The version stands in ticket_mining.control alone.

EXTENSION = ticket_mining
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" ticket_mining.control)
MODULE_big = $(EXTENSION)

# A module is a folder of src/; its C and its SQL lie side by side.
OBJS := $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))

# The order in which the parts of the install script run.
SQL_PARTS = src/ticket_mining.sql src/calendar/calendar.sql \
	src/trace/trace.sql src/trace/trace_functions.sql src/trace/trace_time.sql \
	src/dfg/dfg.sql src/dfg/dfg_functions.sql \
	src/pattern/pattern.sql src/pattern/declare.sql src/pattern/trace_gin.sql \
	src/filter/filter.sql \
	src/run/run.sql src/run/guard.sql src/log/mined_columns.sql src/log/log_tables.sql \
	src/log/attributes.sql src/log/labels.sql src/log/contract.sql src/log/derived.sql src/log/log.sql \
	src/log/layout.sql src/log/read.sql src/log/changes.sql src/log/mine.sql src/log/write.sql \
	src/log/quality.sql src/log/summarize.sql src/log/refresh.sql \
	src/log/readers.sql src/log/log_cases.sql \
	src/map/map.sql src/map/page.sql src/map/report.sql src/map/report_cases.sql src/map/report_lists.sql \
	src/nsp/tds.sql src/nsp/source.sql src/nsp/mapping.sql src/nsp/views.sql src/nsp/landing.sql \
	src/nsp/catalog.sql src/nsp/read.sql src/nsp/load.sql
INSTALL_SQL = $(EXTENSION)--$(EXTVERSION).sql

# From the version before: by hand what cannot be replaced, then all functions, procedures,
# aggregates and views anew, then by hand what has to be done with them. When this version
# is released, its two scripts as built are kept in test/upgrade beside those before, join
# DATA, and are never changed again.
UPDATE_SQL = $(EXTENSION)--0.1.0--$(EXTVERSION).sql
AFTER_SQL = src/upgrade/after--0.1.0--$(EXTVERSION).sql
REPLACE = awk '/^CREATE (TYPE|OPERATOR|CAST) /, /;$$/ { next } \
	/^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW) / { sub(/^CREATE/, "CREATE OR REPLACE") } { print }'

# The released versions, for updates step by step, and for the tests.
DATA = test/upgrade/$(EXTENSION)--0.1.0.sql

# The page in the browser is TypeScript; where make page has built it, or the archive has it,
# it becomes a part of the library. Without, all else is built.
PAGE = web/dist/page.html
PAGE_SOURCES = $(wildcard web/*.json web/*.mjs web/src/* web/src/*/*)
PAGE_TEMPLATE = src/map/page_template.inc

DATA_built = $(INSTALL_SQL) $(UPDATE_SQL)
EXTRA_CLEAN = $(DATA_built) $(PAGE_TEMPLATE) results regression.diffs regression.out

REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=$(EXTENSION) --encoding=UTF8 --no-locale

.DEFAULT_GOAL = all

$(INSTALL_SQL): $(SQL_PARTS) ticket_mining.control Makefile
	@forgotten="$(filter-out $(SQL_PARTS) src/upgrade/%,$(wildcard src/*.sql src/*/*.sql))"; \
	test -z "$$forgotten" || { echo "not in SQL_PARTS: $$forgotten" >&2; exit 1; }
	cat $(SQL_PARTS) > $@

# These need no PostgreSQL to begin with, and PGXS has a "check" of its own.
ifneq ($(filter demo check check-long bench format page dist,$(MAKECMDGOALS)),)

.PHONY: demo check check-long bench format page dist
demo:
	./demo
check:
	./check
check-long:
	./check long
bench:
	test/bench/run $(if $(EVENTS),--events $(EVENTS)) $(if $(ROUNDS),--rounds $(ROUNDS))
format:
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch])
page: $(PAGE)

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(PAGE): $(PAGE_SOURCES) web/node_modules/.package-lock.json
	cd web && npm run --silent build

# What is committed, with what is built of that alone: the page, and the script that META.json names.
RELEASE = $(EXTENSION)-$(EXTVERSION)
dist: $(PAGE) $(INSTALL_SQL)
	@git diff --quiet HEAD || { echo "there are changes that are not committed" >&2; exit 1; }
	git archive --format zip --output $(RELEASE).zip --prefix=$(RELEASE)/$(dir $(PAGE)) --add-file=$(PAGE) \
		--prefix=$(RELEASE)/ --add-file=$(INSTALL_SQL) HEAD

else

PG_CPPFLAGS = -I$(srcdir)/src
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# A header that changes rebuilds all; the extension is small.
$(OBJS): $(wildcard src/*.h src/*/*.h)

# All parts but the first, which is what must hold before anything is made.
$(UPDATE_SQL): src/upgrade/$(UPDATE_SQL) $(SQL_PARTS) $(AFTER_SQL) ticket_mining.control Makefile
	cat $< > $@
	$(REPLACE) $(filter-out src/ticket_mining.sql,$(SQL_PARTS)) >> $@
	cat $(AFTER_SQL) >> $@

src/map/page.o src/map/page.bc: $(PAGE_TEMPLATE)

ifneq ($(wildcard $(PAGE)),)
$(PAGE_TEMPLATE): $(PAGE)
	@test "$$(grep -o @DATA@ $< | wc -l)" -eq 1 || { echo "$<: not one place for the data" >&2; exit 1; }
	{ echo '#define PAGE_TEMPLATE \\'; od -An -v -tu1 $< | sed 's/ *\([0-9][0-9]*\)/\1,/g; s/$$/ \\/'; echo; } > $@
else
$(PAGE_TEMPLATE):
	@echo "$(PAGE) is missing, which make page builds with npm:" \
		"process_map_html() and report_html() will say so, all else is built" >&2
	echo "/* no page */" > $@
endif

endif
