"""A filter's tree written as CQL2 JSON, by the schema of OGC 21-065r2."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson
from pygeofilter import ast, values


def as_json(node: Any) -> str:
    return orjson.dumps(_said(node)).decode()


def _said(node: Any) -> Any:
    if getattr(node, "not_", False):
        return _operation("not", _positive(node))
    return _positive(node)


def _operation(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def _positive(node: Any) -> Any:  # noqa: C901 - one line for each kind of node
    match node:
        case ast.Combination():
            return _operation(node.op.value.lower(), _said(node.lhs), _said(node.rhs))
        case ast.Not():
            return _operation("not", _said(node.sub_node))
        case ast.Comparison():
            return _operation(node.op.value, _said(node.lhs), _said(node.rhs))
        case ast.Between():
            return _operation("between", _said(node.lhs), _said(node.low), _said(node.high))
        case ast.In():
            return _operation("in", _said(node.lhs), [_said(option) for option in node.sub_nodes])
        case ast.Like():
            return _operation("like", _said(node.lhs), _said(node.pattern))
        case ast.IsNull():
            return _operation("isNull", _said(node.lhs))
        case ast.SpatialComparisonPredicate():
            return _operation(f"s_{node.op.value.lower()}", _said(node.lhs), _said(node.rhs))
        case ast.Function():
            name = {"t_finishedby": "t_finishedBy", "t_metby": "t_metBy"}.get(node.name, node.name)
            return _operation(name, *map(_said, node.arguments))
        case ast.Attribute():
            return {"property": node.name}
        case values.Envelope():
            return {"bbox": [node.x1, node.y1, node.x2, node.y2]}
        case values.Geometry():
            return node.geometry
        case values.Interval():
            return {"interval": [_edge(node.start), _edge(node.end)]}
        case datetime():
            return {"timestamp": _edge(node)}
        case date():
            return {"date": _edge(node)}
    return node


def _edge(edge: Any) -> Any:
    if edge is None:
        return ".."
    return edge.isoformat().replace("+00:00", "Z") if isinstance(edge, date) else _said(edge)
