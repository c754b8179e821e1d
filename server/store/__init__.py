"""The only SQL of Sebar: the records, and what PostGIS users read."""

from server.settings import Settings
from server.store.engines import open_engines, store_url
from server.store.migrate import migrate
from server.store.records import Records

__all__ = ["Records", "migrate", "open_records"]


def open_records(settings: Settings) -> Records:
    """The records of these settings; `migrate(settings)` has made their tables."""
    return Records(open_engines(store_url(settings)), settings.home)
