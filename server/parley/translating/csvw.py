"""The description of the tables in CSV on the Web (W3C Recommendation of 2015)."""

from __future__ import annotations

from typing import Any

from parley.translating.edition import Edition
from parley.translating.tables import TABLES, Column, Table

METADATA = "csv-metadata"
_NOTE = (
    "In columns of the type string, a text that begins with =, +, -, @, a tab, a line break or an "
    "apostrophe has one apostrophe before it, so that no spreadsheet takes it for a formula. Take "
    "it away to get the original."
)
_Json = dict[str, Any]  # Any: JSON


def description(edition: Edition) -> _Json:
    """What `csv-metadata.json` beside the tables says: types, keys, licence and version."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@id": edition.address("tables", f"{METADATA}.json").value,
        "dc:title": f"{edition.title}: claims as tables".lstrip(": "),
        "dc:license": [{"@id": license.value} for license in edition.licenses],
        "dc:source": {"@id": edition.version.value},
        "dc:created": {"@value": edition.time, "@type": "xsd:dateTime"},
        "rdfs:comment": _NOTE,
        "tables": [_table(table) for table in TABLES],
    }


def _table(table: Table) -> _Json:
    schema: _Json = {"columns": [_column(column, table) for column in table.columns]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    keys = [_foreign(column) for column in table.columns if column.key]
    if keys:
        schema["foreignKeys"] = keys
    if table.subject:
        schema["aboutUrl"] = f"{{+{table.subject}}}"
    return {"url": f"{table.name}.csv", "dc:description": table.says, "tableSchema": schema}


def _column(column: Column, table: Table) -> _Json:
    told: _Json = {
        "name": column.name,
        "titles": column.name,
        "dc:description": column.says,
        "datatype": column.datatype,
    }
    if column.name == table.subject:
        told["suppressOutput"] = True
    if column.property:
        told["propertyUrl"] = column.property
    if column.datatype == "anyURI":
        told["valueUrl"] = f"{{+{column.name}}}"
    if column.separator:
        told["separator"] = column.separator
    if column.required:
        told["required"] = True
    return told


def _foreign(column: Column) -> _Json:
    assert column.key
    table, name = column.key
    reference = {"resource": f"{table}.csv", "columnReference": name}
    return {"columnReference": column.name, "reference": reference}
