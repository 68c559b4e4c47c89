"""The mined tables are filled by the names of their columns, in whatever order these stand."""

from client import rows
from small_log import KEYS, create_desk, mined, refresh

# Other places for three columns of one type, as a version that adds some in between would give them.
REORDERED = """
    ALTER VIEW ticket_mining.mined_columns RENAME TO columns_before;
    CREATE VIEW ticket_mining.mined_columns AS
    SELECT table_name, row_number() OVER (PARTITION BY table_name
            ORDER BY column_name NOT IN ('turns', 'messages_in', 'event_count'), column_no DESC)::integer AS column_no,
        column_name, type, meaning
    FROM ticket_mining.columns_before
"""


def _columns(db, log):
    return rows(db, f"SELECT attname FROM pg_attribute WHERE attrelid = '{log}.cases'::regclass AND attnum > 0 ORDER BY attnum")


def test_order_of_columns(own_db):
    create_desk(own_db, "before")
    refresh(own_db, "before")
    own_db.execute(REORDERED)
    own_db.execute("DROP SCHEMA src CASCADE")
    create_desk(own_db, "after")
    refresh(own_db, "after")
    assert _columns(own_db, "before") != _columns(own_db, "after")
    assert mined(own_db, "before", KEYS) == mined(own_db, "after", KEYS)
