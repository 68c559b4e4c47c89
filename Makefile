# ticket_mining: process mining of support tickets inside PostgreSQL
#
#   make             build            make install     install (as root)
#   make demo        set up and show  make check       set up and run all tests
#   make installcheck                 pg_regress against a running server
#   make check-long  what takes longer than CI may
#   make format      clang-format     make dist        a source archive
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
	src/log/mined_columns.sql src/log/log_tables.sql src/log/contract.sql src/log/log.sql \
	src/log/read.sql src/log/mine.sql src/log/write.sql src/log/quality.sql src/log/summarize.sql src/log/refresh.sql \
	src/log/readers.sql \
	src/map/map.sql \
	src/nsp/tds.sql src/nsp/source.sql src/nsp/landing.sql src/nsp/load.sql
INSTALL_SQL = $(EXTENSION)--$(EXTVERSION).sql

DATA_built = $(INSTALL_SQL)
EXTRA_CLEAN = $(INSTALL_SQL) results regression.diffs regression.out

REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=$(EXTENSION) --encoding=UTF8 --no-locale

# These need no PostgreSQL to begin with, and PGXS has a "check" of its own.
ifneq ($(filter demo check check-long format dist,$(MAKECMDGOALS)),)

.PHONY: demo check check-long format dist
demo:
	./demo
check:
	./check
check-long:
	./check long
format:
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch])
dist:
	git archive --format zip --prefix=$(EXTENSION)-$(EXTVERSION)/ --output $(EXTENSION)-$(EXTVERSION).zip HEAD

else

PG_CPPFLAGS = -I$(srcdir)/src
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# A header that changes rebuilds all; the extension is small.
$(OBJS): $(wildcard src/*.h src/*/*.h)

$(INSTALL_SQL): $(SQL_PARTS) ticket_mining.control Makefile
	@forgotten="$(filter-out $(SQL_PARTS),$(wildcard src/*.sql src/*/*.sql))"; \
	test -z "$$forgotten" || { echo "not in SQL_PARTS: $$forgotten" >&2; exit 1; }
	cat $(SQL_PARTS) > $@

endif
