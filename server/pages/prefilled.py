"""What the data, the agency and the Daftar Data answer of a metadata form before anybody has filled it in."""

from server.access import journey
from server.pages.candidate import collection_of, content_of
from server.planned import lines_of
from workflow.area_codes import digits
from workflow.sop import Kind
from workflow.store import Person, SubmissionRecord

LEVELS = {4: "kota", 6: "kecamatan", 7: "kecamatan", 10: "kelurahan"}
"""By the digits of an area's code."""


def prefilled(record: SubmissionRecord, person: Person | None) -> dict[str, str]:
    """Answers by the name of their input; some may be wrong, so a person saves them."""
    records, collection = journey().records, collection_of(record) or {}
    agency = next((one for one in records.agencies() if one.id == record.move.agency), None)
    found = {
        "contact_organization": agency.name if agency else "",
        "contact_name": person.name if person else "",
        "contact_email": (agency.email if agency else "") or (person.email if person else ""),
    }
    if span := collection.get("temporal"):
        first, last = (day[:4] for day in span)
        found |= {"period": first if first == last else f"{first}-{last}"}
        found |= {"reference_time": found["period"]} | ({"update_frequency": "annually"} if first != last else {})
    if record.move.kind is Kind.STATISTICS:
        found |= {"collection_method": "kompilasi produk administrasi", "composite": "tidak"} | _of_table(record)
    period = str(record.metadata.get("period") or "")[:4]
    for line in lines_of(journey(), period, agency=record.move.agency) if period.isdecimal() else ():
        if line.planned and line.planned.title.casefold() == record.title.casefold():
            found |= {"update_frequency": line.planned.frequency, "unit": line.planned.unit}
    return {name: text for name, text in found.items() if text}


def _of_table(record: SubmissionRecord) -> dict[str, str]:
    manifest, content = record.manifest or {"reading": {}}, content_of(record)
    if content is None:
        return {}
    names = [column.get("name") for column in content.columns]
    units = {str(column["unit"]) for column in content.columns if column.get("unit")}
    found = {"unit": units.pop()} if len(units) == 1 else {}
    if (code := manifest["reading"].get("code")) in names:
        lengths = {len(digits(row[names.index(code)]) or "") for row in content.rows}
        found |= {"estimation_level": LEVELS.get(max(lengths), "")}
    return found
