"""The only SQL of Sebar: the records, and what PostGIS users read."""

from server.store.engines import StoreSettings, open_engines, store_url
from server.store.migrate import migrate
from server.store.records import Records

__all__ = ["Records", "StoreSettings", "migrate", "open_records"]


def open_records(settings: StoreSettings) -> Records:
    """The records of these settings; `migrate(settings)` has made their tables."""
    return Records(open_engines(store_url(settings)), settings.home)
