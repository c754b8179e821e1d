"""pygeoapi's neighbour: what is published, as OGC API, records and CSW."""
